import { defineRoles, on, seesProjects } from "./role.ts";

const locations = on("secretmanager.locations", "get list");
const viewer = [
  ...seesProjects,
  ...locations,
  ...on("secretmanager.secrets", "get getIamPolicy list"),
  ...on("secretmanager.versions", "get list"),
];
const administers = [
  ...on("secretmanager.secrets", "create delete setIamPolicy update"),
  ...on("secretmanager.versions", "access add destroy disable enable"),
];
const manages = on("secretmanager.versions", "add destroy disable enable get list");

export const secretManagerRoles = defineRoles("secretmanager", [
  ["secretmanager.admin", "Secret Manager Admin", [...viewer, ...administers]],
  [
    "secretmanager.secretAccessor",
    "Secret Manager Secret Accessor",
    [...seesProjects, "secretmanager.versions.access"],
  ],
  [
    "secretmanager.secretVersionAdder",
    "Secret Manager Secret Version Adder",
    [...seesProjects, "secretmanager.versions.add"],
  ],
  ["secretmanager.secretVersionManager", "Secret Manager Secret Version Manager", [...seesProjects, ...manages]],
  ["secretmanager.viewer", "Secret Manager Viewer", viewer],
]);
