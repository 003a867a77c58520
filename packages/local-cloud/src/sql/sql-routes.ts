// Cloud SQL Admin's methods, at each of the places where Google serves them.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest
import { jsonRoute } from "../json/json-route.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudRequest, HttpMethod, Route } from "../server/types.ts";
import {
  deleteDatabase,
  deleteUser,
  getDatabase,
  getUser,
  insertDatabase,
  insertUser,
  listDatabasesOf,
  listUsersOf,
  updateUser,
} from "./database-handlers.ts";
import {
  deleteInstance,
  getInstance,
  getOperation,
  insertInstance,
  listInstances,
  listOperations,
  patchInstanceSettings,
  restartInstance,
  type SqlContext,
  type SqlHandler,
} from "./instance-handlers.ts";

const prefixes = ["/v1", "/sql/v1", "/sql/v1beta4"];
const instances = "/projects/{project}/instances";
const instance = `${instances}/{instance}`;

type Method = readonly [name: string, method: HttpMethod, path: string, permission: string, handle: SqlHandler];

const methods: readonly Method[] = [
  ["instances.insert", "POST", instances, "instances.create", insertInstance],
  ["instances.list", "GET", instances, "instances.list", listInstances],
  ["instances.get", "GET", instance, "instances.get", getInstance],
  ["instances.patch", "PATCH", instance, "instances.update", patchInstanceSettings],
  ["instances.delete", "DELETE", instance, "instances.delete", deleteInstance],
  ["instances.restart", "POST", `${instance}/restart`, "instances.restart", restartInstance],
  ["operations.get", "GET", "/projects/{project}/operations/{operation}", "instances.get", getOperation],
  ["operations.list", "GET", "/projects/{project}/operations", "instances.get", listOperations],
  ["databases.insert", "POST", `${instance}/databases`, "databases.create", insertDatabase],
  ["databases.list", "GET", `${instance}/databases`, "databases.list", listDatabasesOf],
  ["databases.get", "GET", `${instance}/databases/{database}`, "databases.get", getDatabase],
  ["databases.delete", "DELETE", `${instance}/databases/{database}`, "databases.delete", deleteDatabase],
  ["users.insert", "POST", `${instance}/users`, "users.create", insertUser],
  ["users.list", "GET", `${instance}/users`, "users.list", listUsersOf],
  ["users.get", "GET", `${instance}/users/{name}`, "users.get", getUser],
  ["users.update", "PUT", `${instance}/users`, "users.update", updateUser],
  ["users.delete", "DELETE", `${instance}/users`, "users.delete", deleteUser],
];

const refused: readonly (readonly [name: string, method: HttpMethod, path: string])[] = [
  ["instances.update", "PUT", instance],
  ["instances.clone", "POST", `${instance}/clone`],
  ["instances.export", "POST", `${instance}/export`],
  ["instances.import", "POST", `${instance}/import`],
  ["instances.failover", "POST", `${instance}/failover`],
  ["instances.executeSql", "POST", `${instance}/executeSql`],
  ["instances.promoteReplica", "POST", `${instance}/promoteReplica`],
  ["instances.restoreBackup", "POST", `${instance}/restoreBackup`],
  ["instances.resetSslConfig", "POST", `${instance}/resetSslConfig`],
  ["instances.listServerCas", "GET", `${instance}/listServerCas`],
  ["connect.get", "GET", `${instance}/connectSettings`],
  ["connect.generateEphemeral", "POST", `${instance}:generateEphemeralCert`],
  ["databases.patch", "PATCH", `${instance}/databases/{database}`],
  ["databases.update", "PUT", `${instance}/databases/{database}`],
  ["backupRuns.insert", "POST", `${instance}/backupRuns`],
  ["backupRuns.list", "GET", `${instance}/backupRuns`],
  ["backupRuns.get", "GET", `${instance}/backupRuns/{id}`],
  ["backupRuns.delete", "DELETE", `${instance}/backupRuns/{id}`],
  ["sslCerts.insert", "POST", `${instance}/sslCerts`],
  ["sslCerts.list", "GET", `${instance}/sslCerts`],
  ["operations.cancel", "POST", "/projects/{project}/operations/{operation}/cancel"],
  ["tiers.list", "GET", "/projects/{project}/tiers"],
  ["flags.list", "GET", "/flags"],
];

/** An instance where there is one in the path, else the project. */
const resourceOf = ({ params }: CloudRequest): string =>
  `projects/${params["project"]}${params["instance"] === undefined ? "" : `/instances/${params["instance"]}`}`;

export const sqlRoutes = (context: SqlContext): readonly Route[] =>
  prefixes.flatMap((prefix) => [
    ...methods.map(([name, method, path, permission, handle]) =>
      jsonRoute(
        {
          ...{ method, template: prefix + path, rpc: `sql.${name}`, resource: resourceOf },
          permission: `cloudsql.${permission}`,
        },
        (request, body) => handle(context, request, body),
      ),
    ),
    ...refused.map(([name, method, path]) => notImplemented({ method, template: prefix + path, rpc: `sql.${name}` })),
  ]);
