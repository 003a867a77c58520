// The v2 REST API of Cloud Run, made from the protos that its client ships.
// https://cloud.google.com/run/docs/reference/rest/v2
import { renderPolicy, setPolicy, testPermissions } from "../../iam/policy-handlers.ts";
import type { JsonObject } from "../../json/json-object.ts";
import type { MessageValue } from "../../server/proto-json.ts";
import { type ProtoHandler, type ProtoPermission, protoService } from "../../server/proto-routes.ts";
import type { HttpRule } from "../../server/proto-schema.ts";
import type { CloudContext, CloudService } from "../../server/types.ts";
import { parseDurationMs } from "../quantity.ts";
import { formatResource, parseResource } from "../resource-names.ts";
import type { RunEngine } from "../run-engine.ts";
import { executionHandlers, jobHandlers } from "./job-handlers.ts";
import { page, text } from "./message-fields.ts";
import { revisionedHandlers, revisionHandlers } from "./revisioned-handlers.ts";
import { runFields } from "./run-fields.ts";

const base = "google.cloud.run.v2";
const operationsApi = "google.longrunning.Operations";

/** Only part of the mixin is in Cloud Run's protos; where it serves them is in its discovery document. */
const operationRules: Readonly<Record<string, readonly HttpRule[]>> = {
  [`${operationsApi}.GetOperation`]: [{ method: "GET", template: "/v2/{name=projects/*/locations/*/operations/*}" }],
  [`${operationsApi}.ListOperations`]: [{ method: "GET", template: "/v2/{name=projects/*/locations/*}/operations" }],
  [`${operationsApi}.DeleteOperation`]: [
    { method: "DELETE", template: "/v2/{name=projects/*/locations/*/operations/*}" },
  ],
  [`${operationsApi}.WaitOperation`]: [
    { method: "POST", template: "/v2/{name=projects/*/locations/*/operations/*}:wait", body: "*" },
  ],
};

/** Of gcloud 528 for one, which names the mode that is the only one here. */
const newerFields = { [`${base}.WorkerPoolScaling`]: { scalingMode: { type: "ServiceScaling.ScalingMode", id: 5 } } };

const maxWaitMs = 60_000;

const operationHandlers = ({ state: { operations } }: RunEngine): Readonly<Record<string, ProtoHandler>> => ({
  [`${operationsApi}.GetOperation`]: (message) => operations.get(text(message, "name")),
  [`${operationsApi}.ListOperations`]: (message) => operations.list(text(message, "name"), page(message)),
  [`${operationsApi}.DeleteOperation`]: (message) => void operations.delete(text(message, "name")),
  [`${operationsApi}.WaitOperation`]: (message, { signal }) => {
    const timeoutMs = parseDurationMs(text(message, "timeout")) ?? maxWaitMs;
    return operations.wait(text(message, "name"), Math.min(timeoutMs, maxWaitMs), signal);
  },
});

/** Policies of one kind of resource, which must exist. */
const policyHandlers = (
  api: string,
  { policies }: RunEngine,
  { allows }: CloudContext,
  find: (name: string) => unknown,
): Readonly<Record<string, ProtoHandler>> => {
  const existing = (message: MessageValue): string => {
    const resource = text(message, "resource");
    find(resource);
    return resource;
  };
  return {
    [`${base}.${api}.GetIamPolicy`]: (message) => renderPolicy(policies.get(existing(message))),
    [`${base}.${api}.SetIamPolicy`]: (message) => setPolicy(policies, existing(message), message as JsonObject),
    [`${base}.${api}.TestIamPermissions`]: (message, { principal }) =>
      testPermissions(allows, principal, existing(message), message as JsonObject),
  };
};

/** Permission of a method on a resource that exists; creating and listing are asked on the project. */
const onResource = (permission: string): ProtoPermission => ({
  permission,
  resource: ({ params }) =>
    formatResource(parseResource(params["name"] ?? params["resource"] ?? Object.values(params)[0] ?? "")),
});
const onProject = (permission: string): ProtoPermission => ({
  permission,
  resource: ({ params }) => (Object.values(params)[0] ?? "").split("/").slice(0, 2).join("/"),
});

/** https://cloud.google.com/run/docs/reference/iam/permissions */
const permissionsOf = (api: string, resource: string, kind: string): Readonly<Record<string, ProtoPermission>> => ({
  [`${base}.${api}.Create${resource}`]: onProject(`run.${kind}.create`),
  [`${base}.${api}.List${resource}s`]: onProject(`run.${kind}.list`),
  [`${base}.${api}.Get${resource}`]: onResource(`run.${kind}.get`),
  [`${base}.${api}.Update${resource}`]: onResource(`run.${kind}.update`),
  [`${base}.${api}.Delete${resource}`]: onResource(`run.${kind}.delete`),
  [`${base}.${api}.GetIamPolicy`]: onResource(`run.${kind}.getIamPolicy`),
  [`${base}.${api}.SetIamPolicy`]: onResource(`run.${kind}.setIamPolicy`),
});

const permissions: Readonly<Record<string, ProtoPermission>> = {
  ...permissionsOf("Services", "Service", "services"),
  ...permissionsOf("WorkerPools", "WorkerPool", "workerpools"),
  ...permissionsOf("Jobs", "Job", "jobs"),
  [`${base}.Jobs.RunJob`]: onResource("run.jobs.run"),
  [`${base}.Revisions.GetRevision`]: onResource("run.revisions.get"),
  [`${base}.Revisions.ListRevisions`]: onResource("run.revisions.list"),
  [`${base}.Revisions.DeleteRevision`]: onResource("run.revisions.delete"),
  [`${base}.Executions.GetExecution`]: onResource("run.executions.get"),
  [`${base}.Executions.ListExecutions`]: onResource("run.executions.list"),
  [`${base}.Executions.DeleteExecution`]: onResource("run.executions.delete"),
  [`${base}.Executions.CancelExecution`]: onResource("run.executions.cancel"),
  [`${base}.Tasks.GetTask`]: onResource("run.tasks.get"),
  [`${base}.Tasks.ListTasks`]: onResource("run.tasks.list"),
  [`${operationsApi}.GetOperation`]: onProject("run.operations.get"),
  [`${operationsApi}.WaitOperation`]: onProject("run.operations.get"),
  [`${operationsApi}.ListOperations`]: onProject("run.operations.list"),
  [`${operationsApi}.DeleteOperation`]: onProject("run.operations.delete"),
};

export const createRunV2Service = (engine: RunEngine, context: CloudContext): CloudService =>
  protoService({
    api: "run.googleapis.com",
    package: "@google-cloud/run",
    newer: newerFields,
    fields: runFields,
    rules: operationRules,
    permissions,
    handlers: {
      ...operationHandlers(engine),
      ...revisionedHandlers("Services", "Service", "service", engine.services),
      ...revisionedHandlers("WorkerPools", "WorkerPool", "workerPool", engine.workerPools),
      ...revisionHandlers(engine),
      ...jobHandlers(engine),
      ...executionHandlers(engine),
      ...policyHandlers("Services", engine, context, (name) => engine.services.get(name)),
      ...policyHandlers("WorkerPools", engine, context, (name) => engine.workerPools.get(name)),
      ...policyHandlers("Jobs", engine, context, (name) => engine.jobs.get(name)),
    },
  });
