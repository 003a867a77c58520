// Worker pools of the v1 API: read and deleted here, deployed by v2 alone.
import { notImplemented } from "../../server/not-implemented.ts";
import type { CloudRequest, Route } from "../../server/types.ts";
import type { RunEngine } from "../run-engine.ts";
import { renderWorkerPool } from "./knative-service.ts";
import { runVersion } from "./revision-template.ts";
import { done, inScope, jobsApi, listOf, nameOf, route, write } from "./v1-route.ts";

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
    notImplemented({ method: "POST", template: `${jobsApi}/workerpools`, rpc: "run.namespaces.workerpools.create" }),
    notImplemented({
      method: "PUT",
      template: `${jobsApi}/workerpools/{name}`,
      rpc: "run.namespaces.workerpools.replaceWorkerPool",
    }),
  ];
}
