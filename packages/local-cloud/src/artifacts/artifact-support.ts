// What Artifact Registry's fields come to here.
// https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories
import { policyFields } from "../iam/policy-fields.ts";
import { type FieldSupport, inPackage } from "../server/field-support.ts";

export const artifactSupport: FieldSupport = {
  ...inPackage("google.devtools.artifactregistry.v1", {
    ListRepositoriesRequest: { done: "parent pageSize pageToken filter" },
    CreateRepositoryRequest: { done: "parent repositoryId repository" },
    UpdateRepositoryRequest: { done: "repository updateMask" },
    Repository: {
      done: "name format mode description labels dockerConfig",
      ignored: { vulnerabilityScanningConfig: "nothing is scanned, and the repository says so" },
    },
    "Repository.DockerRepositoryConfig": { done: "immutableTags" },
    ListPackagesRequest: { done: "parent pageSize pageToken filter" },
    ListVersionsRequest: { done: "parent pageSize pageToken filter view" },
    GetVersionRequest: { done: "name view" },
    DeleteVersionRequest: { done: "name force" },
    BatchDeleteVersionsRequest: { done: "parent names validateOnly" },
    ListTagsRequest: { done: "parent pageSize pageToken filter" },
    CreateTagRequest: { done: "parent tagId tag" },
    UpdateTagRequest: { done: "tag updateMask" },
    Tag: { done: "name version" },
    ListDockerImagesRequest: { done: "parent pageSize pageToken" },
  }),
  ...policyFields,
};
