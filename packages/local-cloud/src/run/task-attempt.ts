// One attempt of one task: a container run to its end, within its time.
import { constants } from "node:os";
import type { ContainerRuntime, RunningContainer } from "../runtime/container-runtime.ts";
import type { LogSource } from "../runtime/log-entry.ts";
import { RuntimeError } from "../runtime/runtime-error.ts";
import { GoogleError } from "../server/google-error.ts";
import { type EnvironmentSources, resolveEnvironment } from "./container-environment.ts";
import { createInstanceReport, memoryOf } from "./instance-report.ts";
import type { Execution, PinnedImage, Task } from "./model.ts";
import { parseDurationMs } from "./quantity.ts";
import { parseResource, shortName } from "./resource-names.ts";

export type AttemptResult = {
  readonly succeeded: boolean;
  readonly message: string;
  readonly exitCode?: number;
  readonly termSignal?: number;
};

export type AttemptSources = EnvironmentSources & { readonly runtime: ContainerRuntime };

const defaultTimeoutMs = 600_000;

const logSource = (execution: Execution, task: Task, attempt: number, id: string): LogSource => {
  const { project, location, id: job } = parseResource(execution.name);
  return {
    project,
    resource: { type: "cloud_run_job", labels: { project_id: project, location, job_name: job } },
    labels: {
      instanceId: id,
      "run.googleapis.com/execution_name": shortName(execution.name),
      "run.googleapis.com/task_index": String(task.index),
      "run.googleapis.com/task_attempt": String(attempt),
    },
  };
};

/** https://cloud.google.com/run/docs/container-contract#jobs-env-vars */
const systemVariables = (execution: Execution, task: Task, attempt: number): Readonly<Record<string, string>> => ({
  CLOUD_RUN_JOB: parseResource(execution.name).id,
  CLOUD_RUN_EXECUTION: shortName(execution.name),
  CLOUD_RUN_TASK_INDEX: String(task.index),
  CLOUD_RUN_TASK_ATTEMPT: String(attempt),
  CLOUD_RUN_TASK_COUNT: String(execution.taskCount),
});

/** Runs to its end, or to the end of its time or of the signal: then SIGTERM, and SIGKILL after the grace. */
const awaitEnd = async (container: RunningContainer, timeoutMs: number, signal: AbortSignal) => {
  let timedOut = false;
  const stop = (): void => void container.stop();
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeoutMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return { exit: await container.exited, timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
};

const explain = (error: unknown): string => {
  if (error instanceof RuntimeError) return `Application failed to start: ${error.message}`;
  return error instanceof GoogleError || error instanceof Error ? error.message : String(error);
};

export async function runAttempt(
  execution: Execution,
  task: Task,
  attempt: number,
  image: PinnedImage,
  { runtime, ...sources }: AttemptSources,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const id = `${shortName(task.name)}-${attempt}`;
  const log = logSource(execution, task, attempt, id);
  const [container] = task.containers ?? [];
  if (container === undefined) return { succeeded: false, message: "The task has no container." };
  const report = createInstanceReport(runtime, log, container);
  try {
    const { env, mounts, warnings } = resolveEnvironment(
      container,
      task,
      parseResource(execution.name).project,
      sources,
    );
    for (const warning of warnings) report.warn(warning);
    const { command = [], args = [], workingDir = "" } = container;
    const variables = { ...env, ...systemVariables(execution, task, attempt) };
    const request = {
      id,
      image,
      command,
      args,
      workingDir,
      env: variables,
      memoryBytes: memoryOf(container),
      mounts,
      log,
    };
    const running = await runtime.start(request, signal);
    const { exit, timedOut } = await awaitEnd(running, parseDurationMs(task.timeout ?? "") ?? defaultTimeoutMs, signal);
    report.exit(exit, signal.aborted);
    if (timedOut)
      return { succeeded: false, message: "The configured timeout was reached.", ...terminated(exit.signal) };
    if (exit.code === 0) return { succeeded: true, message: "", exitCode: 0 };
    const message = exit.outOfMemory
      ? "The container exceeded its memory limit."
      : "The container exited with an error.";
    return {
      succeeded: false,
      message,
      ...(exit.code !== undefined && { exitCode: exit.code }),
      ...terminated(exit.signal),
    };
  } catch (error) {
    if (!signal.aborted) report.fail(explain(error));
    return { succeeded: false, message: explain(error) };
  }
}

const terminated = (signal: NodeJS.Signals | undefined): Pick<AttemptResult, "termSignal"> =>
  signal ? { termSignal: constants.signals[signal] } : {};
