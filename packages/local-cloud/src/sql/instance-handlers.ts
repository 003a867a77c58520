import type { JsonObject } from "../json/json-object.ts";
import { takePage } from "../json/page.ts";
import type { Projects } from "../resource-manager/projects.ts";
import type { CloudRequest } from "../server/types.ts";
import { type InstanceRecord, isProtected, parseNewInstance, patchInstance, renderInstance } from "./instance-model.ts";
import type { Instances } from "./instances.ts";
import { putUser } from "./postgres-admin.ts";
import { invalidRequest, sqlError } from "./sql-error.ts";
import type { SqlOperationRequest, SqlOperations, SqlOperationType } from "./sql-operations.ts";
import { renderOperation } from "./sql-operations.ts";

export type SqlContext = {
  readonly projects: Projects;
  readonly instances: Instances;
  readonly operations: SqlOperations;
  readonly now: () => Date;
};

export type SqlHandler = (context: SqlContext, request: CloudRequest, body: JsonObject) => unknown;

/** The id of the project in the path: a folder is named for it. @throws {GoogleError} INVALID_ARGUMENT. */
const projectOf = ({ projects }: SqlContext, { params }: CloudRequest): string =>
  projects.resolve(params["project"] ?? "").projectId;

export const instanceOf = (context: SqlContext, request: CloudRequest): InstanceRecord =>
  context.instances.find(projectOf(context, request), request.params["instance"] ?? "");

/** What an operation on an instance is asked for by. */
export const operationOn = (
  { project, name }: Pick<InstanceRecord, "project" | "name">,
  { principal }: CloudRequest,
  type: SqlOperationType,
  rpc: string,
  resumable = true,
): SqlOperationRequest => ({ project, instance: name, type, rpc, user: principal, resumable });

const render = ({ instances }: SqlContext, instance: InstanceRecord): JsonObject =>
  renderInstance(instance, instances.installedVersion(instance));

const pages = { size: 100, max: 500 };

export const insertInstance: SqlHandler = async (context, request, body) => {
  const { instances, operations, now } = context;
  const instance = parseNewInstance(projectOf(context, request), body, now());
  const { rootPassword } = body;
  if (rootPassword !== undefined && typeof rootPassword !== "string") throw invalidRequest("rootPassword must be text");
  await instances.requireBinaries(Number(instance.databaseVersion.slice("POSTGRES_".length)));
  if (instances.exists(instance.project, instance.name)) {
    throw sqlError("ALREADY_EXISTS", "instanceAlreadyExists", "The Cloud SQL instance already exists.");
  }
  const asked = operationOn(instance, request, "CREATE", "sql.instances.insert", rootPassword === undefined);
  const create = async (): Promise<void> => {
    await instances.apply(instances.find(instance.project, instance.name));
    if (rootPassword) await putUser(instances.serverOf(instance), "postgres", rootPassword);
  };
  const operation = operations.run(asked, create, () => instances.put({ ...instance, state: "FAILED" }));
  instances.put(instance);
  return operation;
};

export const getInstance: SqlHandler = (context, request) => render(context, instanceOf(context, request));

export const listInstances: SqlHandler = (context, request) => {
  const { query } = request;
  if (query.get("filter")) throw sqlError("UNIMPLEMENTED", "invalid", "The local cloud does not filter instances.");
  const all = context.instances.list(projectOf(context, request));
  const page = { pageSize: query.get("maxResults"), pageToken: query.get("pageToken") };
  const { items, nextPageToken } = takePage(all, ({ name }) => name, page, pages);
  const found = items.map((instance) => render(context, instance));
  return {
    kind: "sql#instancesList",
    ...(found.length > 0 && { items: found }),
    ...(nextPageToken && { nextPageToken }),
  };
};

export const patchInstanceSettings: SqlHandler = (context, request, body) => {
  const { instances, operations } = context;
  const before = instanceOf(context, request);
  const after = patchInstance(before, body);
  const restarts = JSON.stringify(before.settings["databaseFlags"]) !== JSON.stringify(after.settings["databaseFlags"]);
  const operation = operations.run(operationOn(before, request, "UPDATE", "sql.instances.patch"), async () => {
    if (restarts) await instances.serverOf(after).stop();
    await instances.apply(instances.find(after.project, after.name));
  });
  instances.put(after);
  return operation;
};

export const deleteInstance: SqlHandler = (context, request) => {
  const { instances, operations } = context;
  const instance = instanceOf(context, request);
  if (isProtected(instance)) {
    throw invalidRequest("The instance is protected. Please disable the deletion protection and try again.");
  }
  const operation = operations.run(operationOn(instance, request, "DELETE", "sql.instances.delete"), () =>
    instances.remove(instance),
  );
  instances.put({ ...instance, state: "PENDING_DELETE" });
  return operation;
};

export const restartInstance: SqlHandler = (context, request) => {
  const { instances, operations } = context;
  const instance = instanceOf(context, request);
  const server = instances.requireRunning(instance);
  return operations.run(operationOn(instance, request, "RESTART", "sql.instances.restart"), async () => {
    await server.stop();
    await server.start();
  });
};

export const getOperation: SqlHandler = (context, request) =>
  context.operations.find(projectOf(context, request), request.params["operation"] ?? "");

export const listOperations: SqlHandler = (context, request) => {
  const { query } = request;
  const found = context.operations.list(projectOf(context, request), query.get("instance") ?? undefined);
  const page = { pageSize: query.get("maxResults"), pageToken: query.get("pageToken") };
  const { items, nextPageToken } = takePage(found, ({ insertTime, id }) => `${insertTime} ${id}`, page, pages);
  return {
    kind: "sql#operationsList",
    ...(items.length > 0 && { items: items.map(renderOperation) }),
    ...(nextPageToken && { nextPageToken }),
  };
};
