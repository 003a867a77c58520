// Worker pools of the v1 API, by which gcloud reads them, and replaces them from a file.
import type { CloudRequest, Route } from "../../server/types.ts";
import { formatParent } from "../resource-names.ts";
import type { RunEngine } from "../run-engine.ts";
import { parseWorkerPool, renderWorkerPool } from "./knative-service.ts";
import { runVersion } from "./revision-template.ts";
import { locationOf } from "./v1-request.ts";
import { done, inScope, jobsApi, keepTemplate, listOf, nameOf, route, write } from "./v1-route.ts";

export function workerPoolRoutes({ workerPools, state }: RunEngine): readonly Route[] {
  const nameIn = (request: CloudRequest): string => nameOf(request, "workerPools", state.workerPools);
  return [
    route("GET", `${jobsApi}/workerpools`, "namespaces.workerpools.list", "workerpools.list", (request) =>
      listOf(runVersion, "WorkerPool", inScope(request, state.workerPools, "workerPools").map(renderWorkerPool)),
    ),
    route("GET", `${jobsApi}/workerpools/{name}`, "namespaces.workerpools.get", "workerpools.get", (request) =>
      renderWorkerPool(workerPools.get(nameIn(request))),
    ),
    route(
      "DELETE",
      `${jobsApi}/workerpools/{name}`,
      "namespaces.workerpools.delete",
      "workerpools.delete",
      (request) => {
        workerPools.delete({
          ...write(request, "google.cloud.run.v2.WorkerPools.DeleteWorkerPool"),
          name: nameIn(request),
        });
        return done;
      },
    ),
    route("POST", `${jobsApi}/workerpools`, "namespaces.workerpools.create", "workerpools.create", (request, body) => {
      const { id, input } = parseWorkerPool(body);
      const parent = formatParent(locationOf(request));
      workerPools.create({ ...write(request, "google.cloud.run.v2.WorkerPools.CreateWorkerPool"), parent, id, input });
      return renderWorkerPool(workerPools.get(`${parent}/workerPools/${id}`));
    }),
    route(
      "PUT",
      `${jobsApi}/workerpools/{name}`,
      "namespaces.workerpools.replaceWorkerPool",
      "workerpools.update",
      (request, body) => {
        const current = workerPools.get(nameIn(request));
        const { name } = current;
        const shown = parseWorkerPool(renderWorkerPool(current)).input;
        const input = keepTemplate(parseWorkerPool(body).input, shown, current.template);
        workerPools.update({ ...write(request, "google.cloud.run.v2.WorkerPools.UpdateWorkerPool"), name, input });
        return renderWorkerPool(workerPools.get(name));
      },
    ),
  ];
}
