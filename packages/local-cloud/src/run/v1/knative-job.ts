// Pure. Jobs, executions and tasks between Knative's form and the v2 API's.
// https://cloud.google.com/run/docs/reference/rest/v1/namespaces.jobs
import type { JsonObject } from "../../json/json-object.ts";
import type { ExecutionOverrides } from "../execution-overrides.ts";
import type { Execution, ExecutionTemplate, Job, Task, TaskTemplate } from "../model.ts";
import { parseDurationMs } from "../quantity.ts";
import { parseResource, shortName } from "../resource-names.ts";
import { observedGeneration, renderConditions } from "./conditions.ts";
import {
  parseContainer,
  parseSecretAliases,
  parseVolume,
  renderContainer,
  renderVolumes,
  sqlVolumeNames,
  withCloudSql,
} from "./containers.ts";
import { clientFields, hasEntries, ownEntries, renderMetadata } from "./metadata.ts";
import { compact, type Fields, readFields } from "./read-fields.ts";
import { refuseAnnotations } from "./refused-annotations.ts";
import { runVersion, templateAnnotations } from "./revision-template.ts";

type Texts = Readonly<Record<string, string>>;

const empty = readFields({});

const parseTaskTemplate = (template: Fields | undefined, annotations: Texts): TaskTemplate => {
  const spec =
    template
      ?.only("spec")
      .child("spec")
      ?.only("containers", "maxRetries", "nodeSelector", "serviceAccountName", "timeoutSeconds", "volumes") ?? empty;
  const aliases = parseSecretAliases(annotations["run.googleapis.com/secrets"]);
  const containers = (spec.children("containers") ?? []).map((container) => parseContainer(container, aliases));
  const volumes = (spec.children("volumes") ?? []).map((volume) => parseVolume(volume, aliases));
  const timeout = spec.number("timeoutSeconds");
  const environment = annotations["run.googleapis.com/execution-environment"];
  return compact({
    ...withCloudSql({ containers, volumes }, annotations["run.googleapis.com/cloudsql-instances"]),
    maxRetries: spec.number("maxRetries"),
    timeout: timeout === undefined ? undefined : `${timeout}s`,
    serviceAccount: spec.text("serviceAccountName"),
    executionEnvironment: environment && `EXECUTION_ENVIRONMENT_${environment.toUpperCase()}`,
  }) as TaskTemplate;
};

const parseExecutionTemplate = (template: Fields | undefined): ExecutionTemplate => {
  const metadata = template?.only("metadata", "spec").child("metadata") ?? empty;
  const spec = template?.child("spec")?.only("parallelism", "taskCount", "template") ?? empty;
  const annotations = metadata.map("annotations");
  refuseAnnotations(annotations);
  const labels = ownEntries(metadata.map("labels"));
  const own = ownEntries(annotations);
  return compact({
    labels: hasEntries(labels) ? labels : undefined,
    annotations: hasEntries(own) ? own : undefined,
    parallelism: spec.number("parallelism"),
    taskCount: spec.number("taskCount"),
    template: parseTaskTemplate(spec.child("template"), annotations),
  }) as ExecutionTemplate;
};

export function parseJob(body: JsonObject): { readonly id: string; readonly input: JsonObject } {
  const object = readFields(body).only("apiVersion", "kind", "metadata", "spec", "status");
  const metadata = object.child("metadata") ?? empty;
  const spec = object.child("spec")?.only("template") ?? empty;
  const annotations = metadata.map("annotations");
  refuseAnnotations(annotations);
  return {
    id: metadata.text("name") ?? "",
    input: compact({
      ...clientFields(annotations),
      labels: ownEntries(metadata.map("labels")),
      annotations: ownEntries(annotations),
      template: parseExecutionTemplate(spec.child("template")),
      etag: metadata.text("resourceVersion"),
    }),
  };
}

export function parseOverrides(body: JsonObject): ExecutionOverrides {
  const overrides = readFields(body)
    .only("overrides")
    .child("overrides")
    ?.only("containerOverrides", "taskCount", "timeoutSeconds");
  if (overrides === undefined) return {};
  const timeout = overrides.number("timeoutSeconds");
  return compact({
    containerOverrides: overrides.children("containerOverrides")?.map((entry) =>
      compact({
        name: entry.only("name", "args", "env", "clearArgs").text("name"),
        args: entry.texts("args"),
        env: entry
          .children("env")
          ?.map((variable) => ({ name: variable.text("name") ?? "", value: variable.text("value") ?? "" })),
        clearArgs: entry.flag("clearArgs"),
      }),
    ),
    taskCount: overrides.number("taskCount"),
    timeout: timeout === undefined ? undefined : `${timeout}s`,
  }) as ExecutionOverrides;
}

const renderTaskSpec = ({
  containers = [],
  volumes,
  maxRetries,
  timeout,
  serviceAccount,
}: TaskTemplate): JsonObject => {
  const ms = timeout === undefined ? undefined : parseDurationMs(timeout);
  const rendered = renderVolumes(volumes);
  return compact({
    containers: containers.map((container) => renderContainer(container, sqlVolumeNames(volumes))),
    ...(rendered.length > 0 && { volumes: rendered }),
    maxRetries,
    timeoutSeconds: ms === undefined ? undefined : String(ms / 1000),
    serviceAccountName: serviceAccount,
  });
};

const renderExecutionSpec = ({ parallelism, taskCount, template = {} }: ExecutionTemplate): JsonObject =>
  compact({ parallelism: parallelism || undefined, taskCount, template: { spec: renderTaskSpec(template) } });

const options = (plural: string) => ({ authors: "run.googleapis.com", apiVersion: runVersion, plural });

export const renderJob = (job: Job): JsonObject => ({
  apiVersion: runVersion,
  kind: "Job",
  metadata: renderMetadata(job, options("jobs")),
  spec: {
    template: {
      metadata: compact({
        labels: job.template.labels,
        annotations: { ...job.template.annotations, ...templateAnnotations(job.template.template ?? {}) },
      }),
      spec: renderExecutionSpec(job.template),
    },
  },
  status: compact({
    observedGeneration: observedGeneration(job),
    conditions: renderConditions([job.terminalCondition, ...job.conditions]),
    executionCount: job.executionCount,
    latestCreatedExecution:
      job.latestCreatedExecution &&
      compact({
        name: shortName(job.latestCreatedExecution.name),
        creationTimestamp: job.latestCreatedExecution.createTime,
        completionTimestamp: job.latestCreatedExecution.completionTime,
        completionStatus: job.latestCreatedExecution.completionStatus,
      }),
  }),
});

export const renderExecution = (execution: Execution): JsonObject => ({
  apiVersion: runVersion,
  kind: "Execution",
  metadata: renderMetadata(execution, {
    labels: { "run.googleapis.com/job": parseResource(execution.name).id },
    annotations: { "run.googleapis.com/creator": execution.creator, ...templateAnnotations(execution.template) },
    ...options("executions"),
  }),
  spec: renderExecutionSpec(execution),
  status: compact({
    observedGeneration: Number(execution.generation),
    conditions: renderConditions(execution.conditions),
    startTime: execution.startTime,
    completionTime: execution.completionTime,
    runningCount: execution.runningCount || undefined,
    succeededCount: execution.succeededCount || undefined,
    failedCount: execution.failedCount || undefined,
    cancelledCount: execution.cancelledCount || undefined,
    retriedCount: execution.retriedCount || undefined,
  }),
});

export const renderTask = (task: Task): JsonObject => ({
  apiVersion: runVersion,
  kind: "Task",
  metadata: renderMetadata(task, {
    labels: {
      "run.googleapis.com/job": parseResource(task.name).id,
      "run.googleapis.com/execution": shortName(task.execution),
    },
    ...options("tasks"),
  }),
  spec: renderTaskSpec(task),
  status: compact({
    observedGeneration: Number(task.generation),
    conditions: renderConditions(task.conditions),
    ...{
      index: task.index,
      retried: task.retried || undefined,
      startTime: task.startTime,
      completionTime: task.completionTime,
    },
    lastAttemptResult: task.lastAttemptResult,
  }),
});
