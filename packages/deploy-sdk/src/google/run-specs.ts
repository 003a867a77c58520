// Pure. Services, worker pools and jobs between our specs and Cloud Run's JSON.
import type { Execution, JobSpec, LiveJob, LiveRevision, LiveWorkload, ServiceSpec, WorkerSpec } from "../target.ts";
import { lastSegment, parseSeconds, readContainer, readProbe, writeContainer, writeProbe } from "./run-container.ts";
import type {
  ExecutionJson,
  JobJson,
  RevisionJson,
  RevisionTemplateJson,
  ServiceJson,
  TaskTemplateJson,
  WorkerPoolJson,
} from "./run-json.ts";
import { readReadiness, readShares, readyCondition } from "./run-readiness.ts";

const seconds = (value: number): { readonly seconds: number } => ({ seconds: value });

export const readServiceSpec = (template: RevisionTemplateJson): ServiceSpec => ({
  container: readContainer(template),
  concurrency: template.maxInstanceRequestConcurrency ?? 80,
  timeoutS: parseSeconds(template.timeout ?? "300s"),
  min: template.scaling?.minInstanceCount ?? 0,
  max: template.scaling?.maxInstanceCount ?? 100,
  cpuAlways: template.containers?.[0]?.resources?.cpuIdle !== true,
  startup: readProbe(template.containers?.[0]?.startupProbe),
  liveness: readProbe(template.containers?.[0]?.livenessProbe),
});

export function writeServiceTemplate(spec: ServiceSpec) {
  const { containers, ...rest } = writeContainer(spec.container, { cpuIdle: !spec.cpuAlways });
  return {
    ...rest,
    containers: containers.map((container) => ({
      ...container,
      ...(spec.startup && { startupProbe: writeProbe(spec.startup) }),
      ...(spec.liveness && { livenessProbe: writeProbe(spec.liveness) }),
    })),
    maxInstanceRequestConcurrency: spec.concurrency,
    timeout: seconds(spec.timeoutS),
    scaling: { minInstanceCount: spec.min, maxInstanceCount: spec.max },
  };
}

export const writeWorkerTemplate = ({ container }: WorkerSpec) => writeContainer(container, { cpuIdle: undefined });

export const readJobSpec = (task: TaskTemplateJson): JobSpec => ({
  container: readContainer(task),
  timeoutS: parseSeconds(task.timeout ?? "600s"),
  // Set explicitly it is written out even when it is 0; absent means Google's default.
  retries: task.maxRetries ?? 3,
});

export const writeJobTask = (spec: JobSpec) => ({
  ...writeContainer(spec.container, { cpuIdle: undefined }),
  timeout: seconds(spec.timeoutS),
  maxRetries: spec.retries,
});

type WorkloadResource = ServiceJson | WorkerPoolJson;
/** What was asked for is so, or has failed: then the observed generation stays that of what still serves. */
const isSettled = ({
  reconciling,
  generation,
  observedGeneration,
  terminalCondition,
}: WorkloadResource | JobJson): boolean =>
  reconciling !== true && (generation === observedGeneration || terminalCondition?.state === "CONDITION_FAILED");
const nameOf = (name: string | undefined): string | undefined => (name ? lastSegment(name) : undefined);

const readWorkload = <Spec>(
  json: WorkloadResource,
  spec: Spec,
): Omit<LiveWorkload<Spec>, "shares" | "serving" | "url"> => ({
  name: lastSegment(json.name ?? ""),
  generation: json.generation ?? "",
  spec,
  latestCreated: nameOf(json.latestCreatedRevision),
  latestReady: nameOf(json.latestReadyRevision),
  readiness: readReadiness(json.terminalCondition),
  settled: isSettled(json),
  labels: json.labels ?? {},
  updatedAt: json.updateTime,
});

export const readService = (json: ServiceJson): LiveWorkload<ServiceSpec> => ({
  ...readWorkload(json, readServiceSpec(json.template ?? {})),
  url: json.uri || undefined,
  shares: readShares(json.traffic),
  serving: readShares(json.trafficStatuses),
});

export const readWorkerPool = (json: WorkerPoolJson): LiveWorkload<WorkerSpec> => ({
  ...readWorkload(json, {
    container: readContainer(json.template ?? {}),
    instances: json.scaling?.manualInstanceCount ?? 1,
  }),
  url: undefined,
  shares: readShares(json.instanceSplits),
  serving: readShares(json.instanceSplitStatuses),
});

export const readRevision = <Spec>(json: RevisionJson, spec: Spec): LiveRevision<Spec> => ({
  name: lastSegment(json.name ?? ""),
  spec,
  readiness: readReadiness(readyCondition(json.conditions)),
  createdAt: json.createTime,
  labels: json.labels ?? {},
});

export const readJob = (json: JobJson): LiveJob => ({
  name: lastSegment(json.name ?? ""),
  generation: json.generation ?? "",
  spec: readJobSpec(json.template?.template ?? {}),
  readiness: readReadiness(json.terminalCondition),
  settled: isSettled(json),
  latestExecution: nameOf(json.latestCreatedExecution?.name),
});

export function readExecution(json: ExecutionJson): Execution {
  const completed = json.conditions?.find(({ type }) => type === "Completed");
  const readiness = readReadiness(completed);
  const succeeded = json.completionTime !== undefined && (json.succeededCount ?? 0) >= (json.taskCount ?? 1);
  const state =
    readiness.state === "failed" ? "failed" : succeeded ? "succeeded" : json.completionTime ? "failed" : "running";
  return {
    name: lastSegment(json.name ?? ""),
    state,
    spec: readJobSpec(json.template ?? {}),
    message: readiness.state === "ready" ? "" : readiness.message,
  };
}
