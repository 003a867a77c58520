// What the handlers of Artifact Registry share.
import { matchesFilter } from "../filter/match-filter.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import type { Policies } from "../iam/policies.ts";
import type { JsonObject } from "../json/json-object.ts";
import { takePage } from "../json/page.ts";
import type { Operation, Operations } from "../operations/operations.ts";
import { runAtOnce } from "../operations/operations.ts";
import type { ManifestRecord } from "../registry/catalog.ts";
import type { ImageName } from "../registry/names.ts";
import type { Registry } from "../registry/registry-service.ts";
import { GoogleError } from "../server/google-error.ts";
import type { ProtoHandler } from "../server/proto-routes.ts";
import type { CloudContext } from "../server/types.ts";
import { notFound, parseRepositoryName, type Repositories } from "./repositories.ts";

export type ArtifactsContext = {
  readonly cloud: CloudContext;
  readonly repositories: Repositories;
  readonly registry: Registry;
  readonly policies: Policies;
  readonly operations: Operations;
};

export type ArtifactHandlers = Readonly<Record<string, ProtoHandler>>;

export const text = (value: unknown): string => String(value ?? "");
const pages = { size: 100, max: 1_000 };

const metadata: JsonObject = { "@type": "type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata" };

/** What it stands for is done before it answers: here an operation is only the form of the reply. */
export function runOperation(
  { operations, cloud }: ArtifactsContext,
  rpc: string,
  name: string,
  work: () => JsonObject,
): Operation {
  const { project, location } = parseRepositoryName(name);
  const operation = operations.start(`projects/${project}/locations/${location}`, metadata);
  const fault = cloud.takeFault("operation-failure", `google.devtools.artifactregistry.v1.ArtifactRegistry.${rpc}`);
  if (fault) return operations.fail(operation, { code: 13, message: fault.message });
  return runAtOnce(operations, operation, work);
}

/** A page of those that match, in the order of names. */
export function listAnswer(field: string, items: readonly JsonObject[], message: JsonObject): JsonObject {
  const { pageSize, pageToken, orderBy } = message;
  if (text(orderBy) !== "") throw new GoogleError("UNIMPLEMENTED", "The local cloud does not sort lists of artifacts.");
  const filter = parseFilter(text(message["filter"]));
  const found = items.filter((item) => matchesFilter(filter, item));
  const sorted = found.toSorted((one, other) => (text(one["name"]) < text(other["name"]) ? -1 : 1));
  const page = takePage(sorted, (item) => text(item["name"]), { pageSize, pageToken }, pages);
  return { [field]: page.items, nextPageToken: page.nextPageToken };
}

/** Images of an existing repository. */
export function imagesOf({ repositories, registry }: ArtifactsContext, repository: string) {
  const name = parseRepositoryName(repository);
  repositories.find(name);
  return registry.catalog.listImages(`${name.project}/${name.location}/${name.repository}/`);
}

export const tagsOf = ({ registry }: ArtifactsContext, image: ImageName, digest: string): readonly string[] =>
  registry.catalog.listTags(image).flatMap((tag) => (tag.digest === digest ? [tag.tag] : []));

export function requireManifest({ registry }: ArtifactsContext, image: ImageName, digest: string): ManifestRecord {
  const manifest = registry.catalog.manifest(image, digest);
  if (!manifest) throw notFound();
  return manifest;
}
