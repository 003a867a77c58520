import { defineRoles, on, seesProjects } from "./role.ts";

const viewer = [
  ...seesProjects,
  ...on("run.configurations", "get list"),
  ...on("run.domainmappings", "get list"),
  ...on("run.executions", "get list"),
  ...on("run.jobs", "get getIamPolicy list"),
  "run.locations.list",
  ...on("run.operations", "get list"),
  ...on("run.revisions", "get list"),
  ...on("run.routes", "get list"),
  ...on("run.services", "get getIamPolicy list"),
  ...on("run.tasks", "get list"),
  ...on("run.workerpools", "get getIamPolicy list"),
];
const developer = [
  ...viewer,
  ...on("run.executions", "cancel delete"),
  ...on("run.jobs", "create delete run runWithOverrides update"),
  "run.operations.delete",
  "run.revisions.delete",
  "run.routes.invoke",
  ...on("run.services", "create delete update"),
  ...on("run.workerpools", "create delete update"),
];
const admin = [
  ...developer,
  // Unverified: Google asks for these, and no published list of permissions has them.
  ...on("run.domainmappings", "create delete"),
  ...["run.jobs.setIamPolicy", "run.services.setIamPolicy", "run.workerpools.setIamPolicy"],
];

export const runRoles = defineRoles("run", [
  ["run.admin", "Cloud Run Admin", admin],
  ["run.developer", "Cloud Run Developer", developer],
  ["run.invoker", "Cloud Run Invoker", ["run.routes.invoke"]],
  ["run.viewer", "Cloud Run Viewer", viewer],
]);
