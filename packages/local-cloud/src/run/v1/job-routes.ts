// Jobs, executions and tasks of the v1 API.
import type { JsonObject } from "../../json/json-object.ts";
import { GoogleError } from "../../server/google-error.ts";
import type { CloudRequest, Route } from "../../server/types.ts";
import type { Collection } from "../../store/types.ts";
import { formatParent } from "../resource-names.ts";
import type { RunEngine } from "../run-engine.ts";
import { parseJob, parseOverrides, renderExecution, renderJob, renderTask } from "./knative-job.ts";
import { runVersion } from "./revision-template.ts";
import { locationOf } from "./v1-request.ts";
import {
  byAge,
  done,
  type Handler,
  inScope,
  jobsApi,
  keepTemplate,
  listOf,
  nameOf,
  route,
  selectItems,
  write,
} from "./v1-route.ts";

export function jobRoutes({ jobs, state }: RunEngine): readonly Route[] {
  const nameIn = (request: CloudRequest): string => nameOf(request, "jobs", state.jobs);
  const list: Handler = (request) => listOf(runVersion, "Job", inScope(request, state.jobs, "jobs").map(renderJob));
  const create: Handler = (request, body) => {
    const { id, input } = parseJob(body);
    const parent = formatParent(locationOf(request));
    jobs.create({ ...write(request, "google.cloud.run.v2.Jobs.CreateJob"), parent, id, input });
    return renderJob(jobs.get(`${parent}/jobs/${id}`));
  };
  const replace: Handler = (request, body) => {
    const current = jobs.get(nameIn(request));
    const { name } = current;
    const input = keepTemplate(parseJob(body).input, parseJob(renderJob(current)).input, current.template);
    jobs.update({ ...write(request, "google.cloud.run.v2.Jobs.UpdateJob"), name, input });
    return renderJob(jobs.get(name));
  };
  const remove: Handler = async (request) => {
    await jobs.delete({ ...write(request, "google.cloud.run.v2.Jobs.DeleteJob"), name: nameIn(request) });
    return done;
  };
  const run: Handler = (request, body) => {
    const overrides = parseOverrides(body);
    const { execution } = jobs.run({
      ...write(request, "google.cloud.run.v2.Jobs.RunJob"),
      name: nameIn(request),
      overrides,
    });
    return renderExecution(execution);
  };
  return [
    route("GET", `${jobsApi}/jobs`, "namespaces.jobs.list", "jobs.list", list),
    route("POST", `${jobsApi}/jobs`, "namespaces.jobs.create", "jobs.create", create),
    route("GET", `${jobsApi}/jobs/{name}`, "namespaces.jobs.get", "jobs.get", (request) =>
      renderJob(jobs.get(nameIn(request))),
    ),
    route("PUT", `${jobsApi}/jobs/{name}`, "namespaces.jobs.replaceJob", "jobs.update", replace),
    route("DELETE", `${jobsApi}/jobs/{name}`, "namespaces.jobs.delete", "jobs.delete", remove),
    route("POST", `${jobsApi}/jobs/{name}:run`, "namespaces.jobs.run", "jobs.run", run),
    ...executionRoutes(jobs, state),
  ];
}

function executionRoutes(jobs: RunEngine["jobs"], state: RunEngine["state"]): readonly Route[] {
  /** v1 knows an execution and a task by their short names alone. */
  const findIn = <Document extends { readonly name: string }>(
    request: CloudRequest,
    collection: Collection<Document>,
    part: string,
  ): Document => {
    const id = request.params["name"] ?? "";
    const found = inScope(request, collection, "jobs").find(({ name }) => name.endsWith(`/${part}/${id}`));
    if (found !== undefined) return found;
    throw new GoogleError(
      "NOT_FOUND",
      `Resource '${id.slice(0, 100)}' of kind '${part === "tasks" ? "TASK" : "EXECUTION"}' does not exist.`,
    );
  };
  const listWith =
    <Document extends { readonly name: string; readonly createTime: string }>(
      collection: Collection<Document>,
      kind: string,
      render: (document: Document) => JsonObject,
    ): Handler =>
    (request) =>
      listOf(runVersion, kind, selectItems(request, inScope(request, collection, "jobs").toSorted(byAge).map(render)));
  const execution = (request: CloudRequest) => findIn(request, state.executions, "executions");
  return [
    route(
      "GET",
      `${jobsApi}/executions`,
      "namespaces.executions.list",
      "executions.list",
      listWith(state.executions, "Execution", renderExecution),
    ),
    route("GET", `${jobsApi}/executions/{name}`, "namespaces.executions.get", "executions.get", (request) =>
      renderExecution(execution(request)),
    ),
    route(
      "POST",
      `${jobsApi}/executions/{name}:cancel`,
      "namespaces.executions.cancel",
      "executions.cancel",
      async (request) => renderExecution(await jobs.cancel(execution(request).name, undefined)),
    ),
    route(
      "DELETE",
      `${jobsApi}/executions/{name}`,
      "namespaces.executions.delete",
      "executions.delete",
      async (request) => {
        await jobs.deleteExecution(execution(request).name, undefined);
        return done;
      },
    ),
    route("GET", `${jobsApi}/tasks`, "namespaces.tasks.list", "tasks.list", listWith(state.tasks, "Task", renderTask)),
    route("GET", `${jobsApi}/tasks/{name}`, "namespaces.tasks.get", "tasks.get", (request) =>
      renderTask(findIn(request, state.tasks, "tasks")),
    ),
  ];
}
