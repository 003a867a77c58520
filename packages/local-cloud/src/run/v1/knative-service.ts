// Pure. Services and worker pools between Knative's form and the v2 API's.
// https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
import type { JsonObject } from "../../json/json-object.ts";
import type { Service, TrafficTarget, TrafficTargetStatus, WorkerPool } from "../model.ts";
import { parseResource, shortName } from "../resource-names.ts";
import { isLatest } from "../traffic.ts";
import { desiredInstances, splitToTarget, targetToSplit } from "../worker-pool-kind.ts";
import { observedGeneration, renderConditions } from "./conditions.ts";
import { clientFields, ownEntries, renderMetadata } from "./metadata.ts";
import { compact, type Fields, readFields } from "./read-fields.ts";
import { refuseAnnotations } from "./refused-annotations.ts";
import { parseRevisionTemplate, renderRevisionTemplate, runVersion, servingVersion } from "./revision-template.ts";

type Texts = Readonly<Record<string, string>>;

const ingresses: Texts = {
  all: "INGRESS_TRAFFIC_ALL",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  none: "INGRESS_TRAFFIC_NONE",
};
const ingressName = (ingress: string | undefined): string =>
  Object.keys(ingresses).find((name) => ingresses[name] === ingress) ?? "all";

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

const parseServiceScaling = (annotations: Texts): JsonObject | undefined => {
  const scaling = compact({
    minInstanceCount: numberOf(annotations["run.googleapis.com/minScale"]),
    maxInstanceCount: numberOf(annotations["run.googleapis.com/maxScale"]),
    scalingMode: annotations["run.googleapis.com/scalingMode"]?.toUpperCase(),
    manualInstanceCount: numberOf(annotations["run.googleapis.com/manualInstanceCount"]),
  });
  return Object.keys(scaling).length === 0 ? undefined : scaling;
};

const parseTraffic = (fields: Fields): TrafficTarget => {
  fields.only("configurationName", "latestRevision", "percent", "revisionName", "tag", "url");
  const revision = fields.text("revisionName");
  const latest = fields.flag("latestRevision") === true || !revision;
  return compact({
    type: `TRAFFIC_TARGET_ALLOCATION_TYPE_${latest ? "LATEST" : "REVISION"}`,
    revision: latest ? undefined : revision,
    percent: fields.number("percent"),
    tag: fields.text("tag") || undefined,
  });
};

export type ParsedService = {
  readonly id: string;
  /** As the v2 API takes it. */
  readonly input: JsonObject;
};

/** What both kinds write alike; `targets` is where the spec says which revisions it is for. */
const parseRevisioned = (body: JsonObject, targets: string) => {
  const object = readFields(body).only("apiVersion", "kind", "metadata", "spec", "status");
  const metadata = object.child("metadata") ?? readFields({});
  const spec = object.child("spec")?.only("template", targets) ?? readFields({});
  const annotations = metadata.map("annotations");
  refuseAnnotations(annotations);
  const fields = {
    ...clientFields(annotations),
    labels: ownEntries(metadata.map("labels")),
    annotations: ownEntries(annotations),
    scaling: parseServiceScaling(annotations),
    template: parseRevisionTemplate(spec.child("template")),
    etag: metadata.text("resourceVersion"),
  };
  const parsedTargets = (spec.children(targets) ?? []).map(parseTraffic);
  return { id: metadata.text("name") ?? "", annotations, fields, targets: parsedTargets };
};

export function parseService(body: JsonObject): ParsedService {
  const { id, annotations, fields, targets } = parseRevisioned(body, "traffic");
  return {
    id,
    input: compact({
      ...fields,
      ingress: ingresses[annotations["run.googleapis.com/ingress"] ?? "all"],
      invokerIamDisabled: annotations["run.googleapis.com/invoker-iam-disabled"] === "true" ? true : undefined,
      defaultUriDisabled: annotations["run.googleapis.com/default-url-disabled"] === "true" ? true : undefined,
      traffic: targets,
    }),
  };
}

export function parseWorkerPool(body: JsonObject): ParsedService {
  const { id, fields, targets } = parseRevisioned(body, "instanceSplits");
  return { id, input: compact({ ...fields, instanceSplits: targets.map(targetToSplit) }) };
}

const renderTarget = (target: TrafficTarget | TrafficTargetStatus): JsonObject =>
  compact({
    ...(isLatest(target) ? { latestRevision: true } : {}),
    percent: target.percent,
    tag: target.tag,
  });

const renderSpecTarget = (target: TrafficTarget): JsonObject =>
  compact({ ...renderTarget(target), ...(isLatest(target) ? {} : { revisionName: target.revision }) });

const renderStatusTarget = (target: TrafficTargetStatus): JsonObject =>
  compact({ ...renderTarget(target), revisionName: target.revision, url: target.uri });

const scalingAnnotations = ({ scaling = {} }: Service): Texts =>
  compact({
    "run.googleapis.com/minScale": scaling.minInstanceCount ? String(scaling.minInstanceCount) : undefined,
    "run.googleapis.com/maxScale": scaling.maxInstanceCount ? String(scaling.maxInstanceCount) : undefined,
    "run.googleapis.com/scalingMode": scaling.scalingMode?.toLowerCase(),
    "run.googleapis.com/manualInstanceCount":
      scaling.manualInstanceCount === undefined ? undefined : String(scaling.manualInstanceCount),
  }) as unknown as Texts;

const serviceAnnotations = (service: Service): Texts =>
  compact({
    "run.googleapis.com/ingress": ingressName(service.ingress),
    "run.googleapis.com/ingress-status": ingressName(service.ingress),
    "run.googleapis.com/urls": JSON.stringify(service.urls),
    "run.googleapis.com/invoker-iam-disabled": service.invokerIamDisabled ? "true" : undefined,
    "run.googleapis.com/default-url-disabled": service.defaultUriDisabled ? "true" : undefined,
    ...scalingAnnotations(service),
  }) as unknown as Texts;

/** Names of the latest revisions, which both kinds report. */
const latestRevisions = ({ latestReadyRevision, latestCreatedRevision }: Service | WorkerPool): JsonObject =>
  compact({
    latestReadyRevisionName: latestReadyRevision && shortName(latestReadyRevision),
    latestCreatedRevisionName: latestCreatedRevision && shortName(latestCreatedRevision),
  });

export const renderService = (service: Service): JsonObject => ({
  apiVersion: servingVersion,
  kind: "Service",
  metadata: renderMetadata(service, {
    annotations: serviceAnnotations(service),
    ...{ authors: "serving.knative.dev", apiVersion: servingVersion, plural: "services" },
  }),
  spec: { template: renderRevisionTemplate(service.template), traffic: service.traffic.map(renderSpecTarget) },
  status: {
    observedGeneration: observedGeneration(service),
    conditions: renderConditions([service.terminalCondition, ...service.conditions]),
    ...latestRevisions(service),
    traffic: service.trafficStatuses.map(renderStatusTarget),
    ...{ url: service.uri, address: { url: service.uri } },
  },
});

export const renderWorkerPool = (pool: WorkerPool): JsonObject => ({
  apiVersion: runVersion,
  kind: "WorkerPool",
  metadata: renderMetadata(pool, {
    annotations: {
      "run.googleapis.com/scalingMode": "manual",
      "run.googleapis.com/manualInstanceCount": String(desiredInstances(pool)),
    },
    ...{ authors: "run.googleapis.com", apiVersion: runVersion, plural: "workerpools" },
  }),
  spec: {
    template: renderRevisionTemplate(pool.template),
    instanceSplits: pool.instanceSplits.map(splitToTarget).map(renderSpecTarget),
  },
  status: {
    observedGeneration: observedGeneration(pool),
    conditions: renderConditions([pool.terminalCondition, ...pool.conditions]),
    ...latestRevisions(pool),
    instanceSplits: pool.instanceSplitStatuses.map((split) =>
      renderStatusTarget(splitToTarget(split) as TrafficTargetStatus),
    ),
  },
});

/** Knative's two halves of a service, as Cloud Run shows them. */
export const renderConfiguration = (service: Service): JsonObject => ({
  apiVersion: servingVersion,
  kind: "Configuration",
  metadata: renderMetadata(service, {
    labels: { "serving.knative.dev/service": parseResource(service.name).id },
    authors: "serving.knative.dev",
    apiVersion: servingVersion,
    plural: "configurations",
  }),
  spec: { template: renderRevisionTemplate(service.template) },
  status: {
    observedGeneration: observedGeneration(service),
    conditions: renderConditions([service.terminalCondition]),
    ...latestRevisions(service),
  },
});

export const renderRoute = (service: Service): JsonObject => ({
  apiVersion: servingVersion,
  kind: "Route",
  metadata: renderMetadata(service, {
    labels: { "serving.knative.dev/service": parseResource(service.name).id },
    authors: "serving.knative.dev",
    apiVersion: servingVersion,
    plural: "routes",
  }),
  spec: { traffic: service.traffic.map(renderSpecTarget) },
  status: {
    observedGeneration: observedGeneration(service),
    conditions: renderConditions([service.terminalCondition]),
    traffic: service.trafficStatuses.map(renderStatusTarget),
    ...{ url: service.uri, address: { url: service.uri } },
  },
});
