// Databases and users of an instance.
import type { JsonObject } from "../json/json-object.ts";
import type { CloudRequest } from "../server/types.ts";
import { instanceOf, operationOn, type SqlContext, type SqlHandler } from "./instance-handlers.ts";
import type { InstanceRecord } from "./instance-model.ts";
import {
  createDatabase,
  type DatabaseInfo,
  dropDatabase,
  dropUser,
  isReservedUser,
  listDatabases,
  listUsers,
  putUser,
} from "./postgres-admin.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { invalidRequest, sqlError } from "./sql-error.ts";

type Running = { readonly instance: InstanceRecord; readonly server: PostgresServer };

const runningInstance = (context: SqlContext, request: CloudRequest): Running => {
  const instance = instanceOf(context, request);
  return { instance, server: context.instances.requireRunning(instance) };
};

/** Names in PostgreSQL are at most 63 bytes. */
function parseName(name: unknown, kind: string): string {
  if (typeof name === "string" && name !== "" && Buffer.byteLength(name) <= 63 && !name.includes("\0")) return name;
  throw invalidRequest(`a ${kind} needs a name of at most 63 bytes`);
}

function optionalText(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string" && value.length <= 1_000) return value;
  throw invalidRequest(`${field} must be text of at most 1000 characters`);
}

const renderDatabase = ({ project, name: instance }: InstanceRecord, database: DatabaseInfo): JsonObject => ({
  ...{ kind: "sql#database", ...database, instance, project },
  selfLink: `https://sqladmin.googleapis.com/sql/v1beta4/projects/${project}/instances/${instance}/databases/${database.name}`,
});

export const insertDatabase: SqlHandler = async (context, request, body) => {
  const { instance, server } = runningInstance(context, request);
  const name = parseName(body["name"], "database");
  const [charset, collation] = [optionalText(body, "charset"), optionalText(body, "collation")];
  const present = await listDatabases(server);
  if (present.some((database) => database.name === name)) throw invalidRequest(`database "${name}" already exists`);
  const asked = operationOn(instance, request, "CREATE_DATABASE", "sql.databases.insert", false);
  const wanted = { name, ...(charset !== undefined && { charset }), ...(collation !== undefined && { collation }) };
  return context.operations.run(asked, () => createDatabase(server, wanted));
};

export const listDatabasesOf: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  const databases = await listDatabases(server);
  return { kind: "sql#databasesList", items: databases.map((database) => renderDatabase(instance, database)) };
};

async function findDatabase(server: PostgresServer, name: string): Promise<DatabaseInfo> {
  const found = (await listDatabases(server)).find((database) => database.name === name);
  if (found) return found;
  throw sqlError("NOT_FOUND", "databaseDoesNotExist", `The database "${name.slice(0, 100)}" does not exist.`);
}

export const getDatabase: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  return renderDatabase(instance, await findDatabase(server, request.params["database"] ?? ""));
};

export const deleteDatabase: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  const { name } = await findDatabase(server, request.params["database"] ?? "");
  const asked = operationOn(instance, request, "DELETE_DATABASE", "sql.databases.delete", false);
  return context.operations.run(asked, () => dropDatabase(server, name));
};

const renderUser = ({ project, name: instance }: InstanceRecord, name: string): JsonObject => ({
  ...{ kind: "sql#user", name, host: "", instance, project },
});

/** Makes the user, or sets the password of the one there is, as Cloud SQL for PostgreSQL does. */
export const insertUser: SqlHandler = (context, request, body) => {
  const { instance, server } = runningInstance(context, request);
  const name = parseUserName(body["name"]);
  const { type = "BUILT_IN" } = body;
  if (type !== "BUILT_IN") {
    throw sqlError("UNIMPLEMENTED", "invalid", "The local cloud has built-in users only, no IAM database users.");
  }
  const password = optionalText(body, "password");
  const asked = operationOn(instance, request, "CREATE_USER", "sql.users.insert", false);
  return context.operations.run(asked, () => putUser(server, name, password));
};

function parseUserName(value: unknown): string {
  const name = parseName(value, "user");
  if (isReservedUser(name)) throw invalidRequest(`the user name "${name}" is reserved`);
  return name;
}

async function requireUser(server: PostgresServer, value: unknown): Promise<string> {
  const name = parseUserName(value);
  if ((await listUsers(server)).includes(name)) return name;
  throw sqlError("NOT_FOUND", "userDoesNotExist", `The user "${name.slice(0, 100)}" does not exist.`);
}

export const updateUser: SqlHandler = async (context, request, body) => {
  const { instance, server } = runningInstance(context, request);
  const name = await requireUser(server, request.query.get("name") ?? body["name"]);
  const password = optionalText(body, "password");
  if (password === undefined) throw invalidRequest("only a user's password can be updated");
  const asked = operationOn(instance, request, "UPDATE_USER", "sql.users.update", false);
  return context.operations.run(asked, () => putUser(server, name, password));
};

export const deleteUser: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  const name = await requireUser(server, request.query.get("name"));
  const asked = operationOn(instance, request, "DELETE_USER", "sql.users.delete", false);
  return context.operations.run(asked, () => dropUser(server, name));
};

export const listUsersOf: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  const users = await listUsers(server);
  return { kind: "sql#usersList", items: users.map((name) => renderUser(instance, name)) };
};

export const getUser: SqlHandler = async (context, request) => {
  const { instance, server } = runningInstance(context, request);
  return renderUser(instance, await requireUser(server, request.params["name"]));
};
