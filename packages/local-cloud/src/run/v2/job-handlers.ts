// Methods of jobs, executions and tasks.
import { takePage } from "../../json/page.ts";
import { GoogleError } from "../../server/google-error.ts";
import type { ProtoHandler } from "../../server/proto-routes.ts";
import type { ExecutionOverrides } from "../execution-overrides.ts";
import type { Execution } from "../model.ts";
import type { Operation } from "../operations.ts";
import { formatParent, parseResource, shortName } from "../resource-names.ts";
import type { RunEngine } from "../run-engine.ts";
import { sortKey } from "../run-state.ts";
import { input, page, text, writeOptions } from "./message-fields.ts";

type Handlers = Readonly<Record<string, ProtoHandler>>;

const base = "google.cloud.run.v2";
const pageLimits = { size: 100, max: 1_000 };

export function jobHandlers({ jobs }: RunEngine): Handlers {
  const rpc = (method: string): string => `${base}.Jobs.${method}`;
  return {
    [rpc("CreateJob")]: (message, request) =>
      jobs.create({
        ...writeOptions(message, request, rpc("CreateJob")),
        parent: text(message, "parent"),
        id: text(message, "jobId"),
        input: input(message, "job"),
      }),
    [rpc("UpdateJob")]: (message, request) =>
      jobs.update({
        ...writeOptions(message, request, rpc("UpdateJob")),
        name: text(input(message, "job"), "name"),
        input: input(message, "job"),
        allowMissing: message["allowMissing"] === true,
      }),
    [rpc("DeleteJob")]: (message, request) =>
      jobs.delete({
        ...writeOptions(message, request, rpc("DeleteJob")),
        name: text(message, "name"),
        etag: message["etag"],
      }),
    [rpc("GetJob")]: (message) => jobs.get(text(message, "name")),
    [rpc("ListJobs")]: (message) => {
      const { items, nextPageToken } = jobs.list(text(message, "parent"), page(message));
      return { jobs: items, nextPageToken };
    },
    [rpc("RunJob")]: (message, request) =>
      jobs.run({
        ...writeOptions(message, request, rpc("RunJob")),
        name: text(message, "name"),
        etag: message["etag"],
        overrides: input(message, "overrides") as ExecutionOverrides,
      }).operation,
  };
}

export function executionHandlers({ jobs, state: { operations, tasks } }: RunEngine): Handlers {
  const done = (execution: Execution): Operation => {
    const typed = { ...execution, "@type": "type.googleapis.com/google.cloud.run.v2.Execution" };
    return operations.createDone(formatParent(parseResource(execution.name)), typed, { response: typed });
  };
  return {
    [`${base}.Executions.GetExecution`]: (message) => jobs.execution(text(message, "name")),
    [`${base}.Executions.ListExecutions`]: (message) => {
      const all = jobs.executions(text(message, "parent"));
      const { items, nextPageToken } = takePage(all, sortKey, page(message), pageLimits);
      return { executions: items, nextPageToken };
    },
    [`${base}.Executions.CancelExecution`]: async (message) => {
      const name = text(message, "name");
      if (message["validateOnly"] === true) return done(jobs.execution(name));
      return done(await jobs.cancel(name, message["etag"]));
    },
    [`${base}.Executions.DeleteExecution`]: async (message) => {
      const name = text(message, "name");
      if (message["validateOnly"] === true) return done(jobs.execution(name));
      return done(await jobs.deleteExecution(name, message["etag"]));
    },
    [`${base}.Tasks.GetTask`]: (message) => {
      const name = text(message, "name");
      const task = tasks.get(name);
      if (task === undefined)
        throw new GoogleError("NOT_FOUND", `Task '${shortName(name).slice(0, 100)}' was not found.`);
      return task;
    },
    [`${base}.Tasks.ListTasks`]: (message) => {
      const all = jobs.tasks(text(message, "parent"));
      const byIndex = ({ index }: { readonly index: number }): string => String(index).padStart(6, "0");
      const { items, nextPageToken } = takePage(all, byIndex, page(message), pageLimits);
      return { tasks: items, nextPageToken };
    },
  };
}
