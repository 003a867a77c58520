// Pure. Names, labels and annotations of Knative objects, and what of them the v2 API has fields for.
// https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta
import type { JsonObject } from "../../json/json-object.ts";
import type { ResourceFields } from "../model.ts";
import { parseResource, shortName } from "../resource-names.ts";
import { compact } from "./read-fields.ts";

type Texts = Readonly<Record<string, string>>;

/** Google's own namespaces: never kept as they are. */
const systemPattern =
  /^(run\.googleapis\.com|cloud\.googleapis\.com|serving\.knative\.dev|autoscaling\.knative\.dev)\//;

/** Labels or annotations that are a client's own. */
export const ownEntries = (entries: Texts): Texts =>
  Object.fromEntries(Object.entries(entries).filter(([key]) => !systemPattern.test(key)));

export const hasEntries = (entries: Texts | undefined): entries is Texts =>
  entries !== undefined && Object.keys(entries).length > 0;

const launchStages: Texts = { BETA: "BETA", ALPHA: "ALPHA" };

/** What a v1 annotation says that is a field of every v2 resource. */
export const clientFields = (annotations: Texts): JsonObject =>
  compact({
    client: annotations["run.googleapis.com/client-name"],
    clientVersion: annotations["run.googleapis.com/client-version"],
    description: annotations["run.googleapis.com/description"],
    launchStage: launchStages[annotations["run.googleapis.com/launch-stage"] ?? ""] ?? "GA",
  });

export type MetadataOptions = {
  readonly labels?: Texts;
  readonly annotations?: Texts;
  /** `serving.knative.dev` or `run.googleapis.com`: whose annotations name the authors. */
  readonly authors: string;
  readonly apiVersion: string;
  /** Path of the kind: `services`. */
  readonly plural: string;
};

type Described = ResourceFields | Omit<ResourceFields, "creator" | "lastModifier">;

export function renderMetadata(
  resource: Described & { readonly description?: string },
  options: MetadataOptions,
): JsonObject {
  const { project, location } = parseResource(resource.name);
  const { authors, apiVersion, plural } = options;
  const name = shortName(resource.name);
  const creator = "creator" in resource ? resource.creator : undefined;
  const lastModifier = "lastModifier" in resource ? resource.lastModifier : undefined;
  return {
    ...{ name, namespace: project, selfLink: `/apis/${apiVersion}/namespaces/${project}/${plural}/${name}` },
    ...{ uid: resource.uid, resourceVersion: resource.etag, generation: Number(resource.generation) },
    creationTimestamp: resource.createTime,
    labels: { ...resource.labels, "cloud.googleapis.com/location": location, ...options.labels },
    annotations: compact({
      ...resource.annotations,
      [`${authors}/creator`]: creator,
      [`${authors}/lastModifier`]: lastModifier,
      "run.googleapis.com/client-name": resource.client,
      "run.googleapis.com/client-version": resource.clientVersion,
      "run.googleapis.com/description": resource.description,
      "run.googleapis.com/launch-stage": resource.launchStage === "GA" ? undefined : resource.launchStage,
      ...options.annotations,
    }),
  };
}
