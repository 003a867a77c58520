import { defineRoles, on } from "./role.ts";

const repositories = "artifactregistry.repositories";
const reader = [
  ...on("artifactregistry.dockerimages", "get list"),
  ...on("artifactregistry.files", "get list"),
  ...on("artifactregistry.locations", "get list"),
  ...on("artifactregistry.packages", "get list"),
  "artifactregistry.projectsettings.get",
  ...on(repositories, "downloadArtifacts get list"),
  ...on("artifactregistry.tags", "get list"),
  ...on("artifactregistry.versions", "get list"),
];
const pushes = [`${repositories}.uploadArtifacts`, ...on("artifactregistry.tags", "create update")];
const deletes = [
  `${repositories}.deleteArtifacts`,
  "artifactregistry.packages.delete",
  "artifactregistry.tags.delete",
  "artifactregistry.versions.delete",
];
const administers = [
  "artifactregistry.packages.update",
  "artifactregistry.projectsettings.update",
  ...on(repositories, "create delete getIamPolicy setIamPolicy update"),
  ...on("artifactregistry.rules", "create delete get list update"),
  "artifactregistry.versions.update",
];

export const artifactRegistryRoles = defineRoles("artifactregistry", [
  ["artifactregistry.admin", "Artifact Registry Administrator", [...reader, ...pushes, ...deletes, ...administers]],
  ["artifactregistry.reader", "Artifact Registry Reader", reader],
  ["artifactregistry.repoAdmin", "Artifact Registry Repository Administrator", [...reader, ...pushes, ...deletes]],
  ["artifactregistry.writer", "Artifact Registry Writer", [...reader, ...pushes, "artifactregistry.packages.update"]],
]);
