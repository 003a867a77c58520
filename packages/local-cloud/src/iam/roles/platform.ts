// Memorystore, logging, service accounts, projects and services.
import { defineRoles, on, seesProjects } from "./role.ts";

const usesServices = "serviceusage.services.use";
const redisReads = [
  ...seesProjects,
  usesServices,
  ...on("redis.instances", "get list"),
  ...on("redis.locations", "get list"),
  ...on("redis.operations", "get list"),
];
const redisEdits = [
  ...redisReads,
  ...on("redis.instances", "failover update"),
  ...on("redis.operations", "cancel delete"),
];
const redisAdministers = [
  ...redisEdits,
  ...on("redis.instances", "create delete export getAuthString import rescheduleMaintenance updateAuth upgrade"),
];
const redisRoles = defineRoles("redis", [
  ["redis.admin", "Cloud Memorystore Redis Admin", redisAdministers],
  ["redis.editor", "Cloud Memorystore Redis Editor", redisEdits],
  ["redis.viewer", "Cloud Memorystore Redis Viewer", redisReads],
]);

const loggingRoles = defineRoles("logging", [
  ["logging.logWriter", "Logs Writer", ["logging.logEntries.create"]],
  ["logging.viewer", "Logs Viewer", ["logging.logEntries.list", "logging.logs.list", "resourcemanager.projects.get"]],
]);

const accounts = "iam.serviceAccounts";
const seesAccounts = on(accounts, "get list");
const tokens = on(accounts, "getAccessToken getOpenIdToken");
const accountAdmin = on(accounts, "create delete disable enable get getIamPolicy list setIamPolicy undelete update");
const keyAdmin = on("iam.serviceAccountKeys", "create delete disable enable get list");
const tokenCreator = [...tokens, ...on(accounts, "implicitDelegation signBlob signJwt")];
const accountViewer = [`${accounts}.getIamPolicy`, ...on("iam.serviceAccountKeys", "get list")];
const iamRoles = defineRoles("iam", [
  ["iam.serviceAccountAdmin", "Service Account Admin", [...seesProjects, ...accountAdmin]],
  ["iam.serviceAccountCreator", "Create Service Accounts", [...seesProjects, ...seesAccounts, `${accounts}.create`]],
  ["iam.serviceAccountKeyAdmin", "Service Account Key Admin", [...seesProjects, ...seesAccounts, ...keyAdmin]],
  [
    "iam.serviceAccountOpenIdTokenCreator",
    "Service Account OpenID Connect Identity Token Creator",
    [`${accounts}.getOpenIdToken`],
  ],
  [
    "iam.serviceAccountTokenCreator",
    "Service Account Token Creator",
    [...seesProjects, ...seesAccounts, ...tokenCreator],
  ],
  ["iam.serviceAccountUser", "Service Account User", [...seesProjects, ...seesAccounts, `${accounts}.actAs`]],
  ["iam.serviceAccountViewer", "View Service Accounts", [...seesProjects, ...seesAccounts, ...accountViewer]],
  ["iam.workloadIdentityUser", "Workload Identity User", [...seesAccounts, ...tokens]],
]);

const projectRoles = defineRoles("resourcemanager", [
  ["browser", "Browser", on("resourcemanager.projects", "get getIamPolicy list")],
  [
    "resourcemanager.projectIamAdmin",
    "Project IAM Admin",
    on("resourcemanager.projects", "get getIamPolicy setIamPolicy"),
  ],
]);

const consumes = [
  ...on("serviceusage.operations", "get list"),
  "serviceusage.quotas.get",
  ...on("serviceusage.services", "get list use"),
];
const enables = [
  ...on("serviceusage.operations", "cancel delete"),
  "serviceusage.quotas.update",
  ...on("serviceusage.services", "disable enable"),
];
const serviceUsageRoles = defineRoles("serviceusage", [
  ["serviceusage.serviceUsageAdmin", "Service Usage Admin", [...consumes, ...enables]],
  ["serviceusage.serviceUsageConsumer", "Service Usage Consumer", consumes],
]);

export const platformRoles = [...redisRoles, ...loggingRoles, ...iamRoles, ...projectRoles, ...serviceUsageRoles];
