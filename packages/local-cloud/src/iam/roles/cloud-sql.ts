import { defineRoles, on, seesProjects } from "./role.ts";

const seesServices = on("serviceusage.services", "get list");
const viewer = [
  ...seesProjects,
  ...seesServices,
  ...on("cloudsql.backupRuns", "get list"),
  ...on("cloudsql.databases", "get list"),
  ...on("cloudsql.instances", "export get list listServerCas"),
  ...on("cloudsql.sslCerts", "get list"),
  ...on("cloudsql.users", "get list"),
];
const editor = [
  ...seesProjects,
  ...seesServices,
  ...on("cloudsql.backupRuns", "create get list"),
  ...on("cloudsql.databases", "create get list update"),
  ...on("cloudsql.instances", "addServerCa connect export failover get list listServerCas restart rotateServerCa"),
  ...on("cloudsql.instances", "truncateLog update"),
  ...on("cloudsql.sslCerts", "get list"),
  "cloudsql.users.list",
];
const admin = [
  ...viewer,
  ...editor,
  ...on("cloudsql.backupRuns", "delete export"),
  "cloudsql.databases.delete",
  ...on("cloudsql.instances", "clone create delete demoteMaster executeSql import login migrate promoteReplica"),
  ...on("cloudsql.instances", "resetSslConfig restoreBackup startReplica stopReplica"),
  ...on("cloudsql.sslCerts", "create delete"),
  ...on("cloudsql.users", "create delete update"),
];

export const cloudSqlRoles = defineRoles("cloudsql", [
  ["cloudsql.admin", "Cloud SQL Admin", admin],
  ["cloudsql.client", "Cloud SQL Client", on("cloudsql.instances", "connect get")],
  ["cloudsql.editor", "Cloud SQL Editor", editor],
  ["cloudsql.instanceUser", "Cloud SQL Instance User", on("cloudsql.instances", "get login")],
  ["cloudsql.viewer", "Cloud SQL Viewer", viewer],
]);
