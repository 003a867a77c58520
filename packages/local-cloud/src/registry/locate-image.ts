// From the address that a client used to the repository of Artifact Registry that it means.
import type { CloudRequest } from "../server/types.ts";
import { formatPath, type ImageName, type ImagePath, locationOfHost, parsePath } from "./names.ts";
import { OciError } from "./oci-error.ts";

/** What the registry needs to know of a repository: https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories */
export type RepositoryInfo = { readonly location: string; readonly immutableTags: boolean };

/** Repositories in Docker format of that name in a project, one per location. */
export type FindRepositories = (project: string, repository: string) => readonly RepositoryInfo[];

export type LocatedImage = { readonly name: ImageName; readonly immutableTags: boolean };

/**
 * The image that a request's path names. A repository that exists in several locations needs its host's name.
 * @throws {OciError} NAME_UNKNOWN in Artifact Registry's words; NAME_INVALID.
 */
export function locateImage(find: FindRepositories, request: CloudRequest): LocatedImage {
  return locatePath(find, parsePath(request.params["name"] ?? ""), locationOfHost(request.host));
}

export function locatePath(find: FindRepositories, path: ImagePath, location: string | undefined): LocatedImage {
  const found = find(path.project, path.repository).filter(
    (info) => location === undefined || info.location === location,
  );
  const [only, second] = found;
  if (!only) throw new OciError("NAME_UNKNOWN", `Repository "${path.repository}" not found`);
  if (second) {
    const hosts = found.map((info) => `${info.location}-docker.pkg.dev`).join(", ");
    throw new OciError("NAME_INVALID", `${formatPath(path)} is ambiguous: address it by one of the hosts ${hosts}`);
  }
  return { name: { ...path, location: only.location }, immutableTags: only.immutableTags };
}

/** Its repository in Cloud IAM's short form. */
export const repositoryResource = ({ project, location, repository }: ImageName): string =>
  `projects/${project}/locations/${location}/repositories/${repository}`;
