// Pure. Templates of revisions, and revisions, between Knative's form and the v2 API's.
import type { JsonObject } from "../../json/json-object.ts";
import type {
  ContainerTemplate,
  PinnedImage,
  Revision,
  RevisionTemplate,
  Scaling,
  WorkerPoolTemplate,
} from "../model.ts";
import { parseDurationMs } from "../quantity.ts";
import { parseResource } from "../resource-names.ts";
import { observedGeneration, renderConditions } from "./conditions.ts";
import {
  cloudSqlAnnotation,
  parseContainer,
  parseSecretAliases,
  parseVolume,
  renderContainer,
  renderVolumes,
  sqlVolumeNames,
  withCloudSql,
} from "./containers.ts";
import { hasEntries, ownEntries, renderMetadata } from "./metadata.ts";
import { compact, type Fields, readFields } from "./read-fields.ts";
import { refuseAnnotations } from "./refused-annotations.ts";

type Texts = Readonly<Record<string, string>>;

export const servingVersion = "serving.knative.dev/v1";
export const runVersion = "run.googleapis.com/v1";

const countOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

const parseScaling = (annotations: Texts): Scaling | undefined => {
  const minInstanceCount = countOf(annotations["autoscaling.knative.dev/minScale"]);
  const maxInstanceCount = countOf(annotations["autoscaling.knative.dev/maxScale"]);
  return minInstanceCount === undefined && maxInstanceCount === undefined
    ? undefined
    : (compact({ minInstanceCount, maxInstanceCount }) as Scaling);
};

const parseVpc = (annotations: Texts): JsonObject | undefined => {
  const connector = annotations["run.googleapis.com/vpc-access-connector"];
  const egress = annotations["run.googleapis.com/vpc-access-egress"];
  if (!connector && !egress) return undefined;
  return compact({ connector, egress: egress === "all-traffic" ? "ALL_TRAFFIC" : egress && "PRIVATE_RANGES_ONLY" });
};

/** What annotations say of a container's processors. */
const parseCpu = (annotations: Texts) => {
  const throttling = annotations["run.googleapis.com/cpu-throttling"];
  const boost = annotations["run.googleapis.com/startup-cpu-boost"];
  return compact({
    cpuIdle: throttling === undefined ? true : throttling !== "false",
    startupCpuBoost: boost === undefined ? undefined : boost === "true",
  });
};

const empty = readFields({});

export function parseRevisionTemplate(template: Fields | undefined): RevisionTemplate {
  const metadata = template?.only("metadata", "spec").child("metadata") ?? empty;
  const spec = template?.child("spec") ?? empty;
  spec.only(
    "containerConcurrency",
    "containers",
    "enableServiceLinks",
    "nodeSelector",
    "serviceAccountName",
    "timeoutSeconds",
    "volumes",
  );
  const annotations = metadata.map("annotations");
  refuseAnnotations(annotations);
  const aliases = parseSecretAliases(annotations["run.googleapis.com/secrets"]);
  const containers = (spec.children("containers") ?? []).map((container) => {
    const parsed = parseContainer(container, aliases);
    return { ...parsed, resources: { ...parsed.resources, ...parseCpu(annotations) } };
  });
  const volumes = (spec.children("volumes") ?? []).map((volume) => parseVolume(volume, aliases));
  const timeout = spec.number("timeoutSeconds");
  const environment = annotations["run.googleapis.com/execution-environment"];
  const filled = withCloudSql({ containers, volumes }, annotations["run.googleapis.com/cloudsql-instances"]);
  return compact({
    ...filled,
    revision: metadata.text("name"),
    labels: hasEntries(ownEntries(metadata.map("labels"))) ? ownEntries(metadata.map("labels")) : undefined,
    annotations: hasEntries(ownEntries(annotations)) ? ownEntries(annotations) : undefined,
    scaling: parseScaling(annotations),
    vpcAccess: parseVpc(annotations),
    timeout: timeout === undefined ? undefined : `${timeout}s`,
    serviceAccount: spec.text("serviceAccountName"),
    maxInstanceRequestConcurrency: spec.number("containerConcurrency"),
    sessionAffinity: annotations["run.googleapis.com/sessionAffinity"] === "true" ? true : undefined,
    healthCheckDisabled: annotations["run.googleapis.com/health-check-disabled"] === "true" ? true : undefined,
    executionEnvironment: environment && `EXECUTION_ENVIRONMENT_${environment.toUpperCase()}`,
  }) as RevisionTemplate;
}

type Rendered = ContainerTemplate &
  Partial<Pick<RevisionTemplate, "scaling" | "executionEnvironment" | "sessionAffinity" | "vpcAccess">>;

/** Annotations that stand for fields of the v2 API. */
export function templateAnnotations(template: Rendered): Texts {
  const { scaling, executionEnvironment, sessionAffinity, volumes, containers = [] } = template;
  const resources = containers[0]?.resources;
  const vpc = (template.vpcAccess ?? {}) as { readonly connector?: string; readonly egress?: string };
  const count = (value: number | undefined): string | undefined => (value ? String(value) : undefined);
  return compact({
    "autoscaling.knative.dev/minScale": count(scaling?.minInstanceCount),
    "autoscaling.knative.dev/maxScale": count(scaling?.maxInstanceCount),
    "run.googleapis.com/cloudsql-instances": cloudSqlAnnotation(volumes),
    "run.googleapis.com/cpu-throttling": resources?.cpuIdle === false ? "false" : undefined,
    "run.googleapis.com/startup-cpu-boost":
      resources?.startupCpuBoost === undefined ? undefined : String(resources.startupCpuBoost),
    "run.googleapis.com/execution-environment": executionEnvironment
      ?.replace("EXECUTION_ENVIRONMENT_", "")
      .toLowerCase(),
    "run.googleapis.com/sessionAffinity": sessionAffinity ? "true" : undefined,
    "run.googleapis.com/vpc-access-connector": vpc.connector,
    "run.googleapis.com/vpc-access-egress": vpc.egress?.toLowerCase().replaceAll("_", "-"),
  }) as unknown as Texts;
}

export const renderTemplateSpec = (
  template: ContainerTemplate & { readonly timeout?: string; readonly maxInstanceRequestConcurrency?: number },
): JsonObject => {
  const { containers = [], volumes, serviceAccount, timeout, maxInstanceRequestConcurrency } = template;
  const ms = timeout === undefined ? undefined : parseDurationMs(timeout);
  const rendered = renderVolumes(volumes);
  return compact({
    containerConcurrency: maxInstanceRequestConcurrency,
    timeoutSeconds: ms === undefined ? undefined : ms / 1000,
    serviceAccountName: serviceAccount,
    containers: containers.map((container) => renderContainer(container, sqlVolumeNames(volumes))),
    ...(rendered.length > 0 && { volumes: rendered }),
  });
};

export const renderRevisionTemplate = (template: RevisionTemplate | WorkerPoolTemplate): JsonObject => ({
  metadata: compact({
    name: template.revision || undefined,
    labels: template.labels,
    annotations: { ...template.annotations, ...templateAnnotations(template) },
  }),
  spec: renderTemplateSpec(template),
});

export function renderRevision(revision: Revision, generation: string, image: PinnedImage | undefined): JsonObject {
  const { kind, id } = parseResource(revision.name);
  const isService = kind === "services";
  const owner = isService
    ? {
        "serving.knative.dev/service": id,
        "serving.knative.dev/configuration": id,
        "serving.knative.dev/configurationGeneration": generation,
      }
    : { "run.googleapis.com/workerPool": id };
  return {
    apiVersion: servingVersion,
    kind: "Revision",
    metadata: renderMetadata(revision, {
      labels: owner,
      annotations: templateAnnotations(revision),
      ...{ authors: "serving.knative.dev", apiVersion: servingVersion, plural: "revisions" },
    }),
    spec: renderTemplateSpec(revision),
    status: compact({
      observedGeneration: observedGeneration(revision),
      conditions: renderConditions(revision.conditions),
      serviceName: isService ? id : undefined,
      imageDigest: image && `${revision.containers?.[0]?.image.replace(/@.*$/, "")}@${image.digest}`,
      desiredReplicas: revision.scaling?.minInstanceCount || undefined,
    }),
  };
}
