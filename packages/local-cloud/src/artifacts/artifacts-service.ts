// Artifact Registry v1, from its protos. What is stored, the registry has: this is the other view of it.
import { createOperations } from "../operations/operations.ts";
import { type ProtoPermission, protoService } from "../server/proto-routes.ts";
import type { CloudContext, CloudRequest, CloudService } from "../server/types.ts";
import { artifactSupport } from "./artifact-support.ts";
import type { ArtifactsContext } from "./artifacts-context.ts";
import { dockerImageHandlers } from "./docker-image-handlers.ts";
import { policyHandlers, repositoryHandlers } from "./repository-handlers.ts";
import { tagHandlers } from "./tag-handlers.ts";
import { packageHandlers, versionHandlers } from "./version-handlers.ts";

type ArtifactsOptions = Omit<ArtifactsContext, "cloud" | "operations">;

export function createArtifactsService(cloud: CloudContext, options: ArtifactsOptions): CloudService {
  const context = { ...options, cloud, operations: createOperations(cloud.store, "artifactregistry") };
  return protoService({
    api: "artifactregistry.googleapis.com",
    package: "@google-cloud/artifact-registry",
    fields: artifactSupport,
    handlers: prefixed({
      ...repositoryHandlers(context),
      ...policyHandlers(context),
      ...dockerImageHandlers(context),
      ...packageHandlers(context),
      ...versionHandlers(context),
      ...tagHandlers(context),
    }),
    permissions: prefixed(
      Object.fromEntries(Object.entries(permissions).map(([rpc, name]) => [rpc, onRepository(name)])),
    ),
    routes: context.operations.routes,
  });
}

const prefixed = <Value>(byMethod: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    Object.entries(byMethod).map(([method, value]) => [
      `google.devtools.artifactregistry.v1.ArtifactRegistry.${method}`,
      value,
    ]),
  );

/** https://cloud.google.com/artifact-registry/docs/access-control#permissions */
const permissions = {
  ListRepositories: "artifactregistry.repositories.list",
  GetRepository: "artifactregistry.repositories.get",
  CreateRepository: "artifactregistry.repositories.create",
  UpdateRepository: "artifactregistry.repositories.update",
  DeleteRepository: "artifactregistry.repositories.delete",
  GetIamPolicy: "artifactregistry.repositories.getIamPolicy",
  SetIamPolicy: "artifactregistry.repositories.setIamPolicy",
  ListDockerImages: "artifactregistry.dockerimages.list",
  GetDockerImage: "artifactregistry.dockerimages.get",
  ListPackages: "artifactregistry.packages.list",
  GetPackage: "artifactregistry.packages.get",
  DeletePackage: "artifactregistry.packages.delete",
  ListVersions: "artifactregistry.versions.list",
  GetVersion: "artifactregistry.versions.get",
  DeleteVersion: "artifactregistry.versions.delete",
  BatchDeleteVersions: "artifactregistry.versions.delete",
  ListTags: "artifactregistry.tags.list",
  GetTag: "artifactregistry.tags.get",
  CreateTag: "artifactregistry.tags.create",
  UpdateTag: "artifactregistry.tags.update",
  DeleteTag: "artifactregistry.tags.delete",
} as const;

const onRepository = (permission: string): ProtoPermission => ({ permission, resource: resourceOf });

/** The repository in the path; for what concerns all of them, the project. */
function resourceOf({ path }: CloudRequest): string {
  const name = /\/(projects\/[^/]+\/locations\/[^/]+\/repositories\/[^/:]+)/.exec(path)?.[1];
  return name ?? /\/(projects\/[^/]+)/.exec(path)?.[1] ?? "";
}
