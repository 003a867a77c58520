// Runs executions: as many tasks at once as they may, each with its retries, until all have ended or a client cancels.
import type { ImageSource } from "../runtime/image-source.ts";
import type { CloudContext } from "../server/types.ts";
import { failed, succeeded } from "./conditions.ts";
import { completionStatus, executionStatus, failureMessage } from "./execution-status.ts";
import type { Execution, PinnedImage, Task } from "./model.ts";
import { formatResource, parseResource } from "./resource-names.ts";
import type { RunState } from "./run-state.ts";
import { type AttemptResult, type AttemptSources, runAttempt } from "./task-attempt.ts";

export type ExecutionRunnerOptions = AttemptSources & {
  readonly state: RunState;
  readonly images: ImageSource;
  readonly now: CloudContext["now"];
  readonly log: CloudContext["log"];
  readonly startDelayMs: (job: string) => number;
};

/** Of one execution on this machine, whatever it allows: each is a process. */
const maxTasksAtOnce = 32;
/** gRPC's UNKNOWN, as Google's operation of a failed execution carries. */
const unknown = 2;

export class ExecutionRunner {
  readonly #options: ExecutionRunnerOptions;
  readonly #running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();

  constructor(options: ExecutionRunnerOptions) {
    this.#options = options;
  }

  start(execution: Execution): void {
    const abort = new AbortController();
    const done = this.#run(execution.name, abort.signal).catch((error: unknown) => {
      this.#options.log(`execution ${execution.name}: ${String(error)}`);
    });
    this.#running.set(execution.name, { abort, done });
    void done.finally(() => this.#running.delete(execution.name));
  }

  /** Its tasks get SIGTERM, and SIGKILL after the grace. Resolves when they have ended. */
  async cancel(name: string, message = "The execution was cancelled."): Promise<void> {
    const running = this.#running.get(name);
    running?.abort.abort(new Error(message));
    await running?.done;
  }

  /** What ran when the cloud was killed has failed: its processes are gone. */
  resume(): void {
    for (const { document: execution } of this.#options.state.executions.list()) {
      if (execution.completionTime !== undefined) continue;
      for (const task of this.#tasksOf(execution.name)) {
        if (task.completionTime !== undefined) continue;
        this.#finishTask(task, { succeeded: false, message: "The local cloud ended while the task ran." }, false);
      }
      this.#update(execution.name, false);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#running.keys()].map((name) => this.cancel(name, "The local cloud was stopped while the task ran.")),
    );
  }

  get #state(): RunState {
    return this.#options.state;
  }

  #tasksOf(execution: string): readonly Task[] {
    const tasks = this.#state.tasks.list({ prefix: `${execution}/tasks/` }).map(({ document }) => document);
    return tasks.toSorted((a, b) => a.index - b.index);
  }

  async #run(name: string, signal: AbortSignal): Promise<void> {
    const execution = this.#state.executions.get(name);
    if (execution === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, this.#options.startDelayMs(parseResource(name).id)));
    const image = await this.#pinImage(execution);
    const queue = [...this.#tasksOf(name)];
    const atOnce = Math.min(execution.parallelism || queue.length, queue.length, maxTasksAtOnce);
    const workers = Array.from({ length: atOnce }, async () => {
      for (let task = queue.shift(); task !== undefined; task = queue.shift())
        await this.#runTask(execution, task, image, signal);
    });
    await Promise.all(workers);
    this.#update(name, signal.aborted);
  }

  /** Jobs resolve their image when they are executed, not when they are deployed. */
  async #pinImage({ name, template }: Execution): Promise<PinnedImage | undefined> {
    const image = await this.#options.images.resolve(template.containers?.[0]?.image ?? "");
    if (image !== undefined) this.#state.executionImages.put(name, image);
    return image;
  }

  async #runTask(execution: Execution, task: Task, image: PinnedImage | undefined, signal: AbortSignal): Promise<void> {
    const now = (): string => this.#options.now().toISOString();
    if (image === undefined) {
      const message = `Image '${execution.template.containers?.[0]?.image}' not found.`;
      this.#finishTask(task, { succeeded: false, message }, false);
      return this.#update(execution.name, false);
    }
    let current: Task = { ...task, scheduledTime: now(), startTime: now(), reconciling: true };
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) break;
      current = { ...current, retried: attempt, updateTime: now() };
      this.#state.tasks.put(current.name, current);
      this.#update(execution.name, false);
      const result = await runAttempt(execution, current, attempt, image, this.#options, signal);
      current = { ...current, lastAttemptResult: attemptStatus(result) };
      if (result.succeeded || (attempt >= task.maxRetries && !signal.aborted)) {
        this.#finishTask(current, result, false);
        return this.#update(execution.name, false);
      }
    }
    this.#finishTask(current, { succeeded: false, message: (signal.reason as Error).message }, true);
    this.#update(execution.name, true);
  }

  #finishTask(task: Task, result: AttemptResult, cancelled: boolean): void {
    const now = this.#options.now();
    const why = { message: result.message, executionReason: cancelled ? "CANCELLED" : "NON_ZERO_EXIT_CODE" };
    this.#state.tasks.put(task.name, {
      ...task,
      reconciling: false,
      observedGeneration: task.generation,
      updateTime: now.toISOString(),
      completionTime: now.toISOString(),
      conditions: [result.succeeded ? succeeded("Completed", now) : failed("Completed", now, why)],
    });
  }

  /** Writes where the execution stands, and ends its operation when it is over. */
  #update(name: string, cancelled: boolean): void {
    const before = this.#state.executions.get(name);
    if (before === undefined || before.completionTime !== undefined) return;
    const execution = executionStatus(before, this.#tasksOf(name), cancelled, this.#options.now());
    this.#state.executions.put(name, execution);
    this.#noteInJob(execution);
    if (execution.completionTime === undefined) return;
    const target = { name, generation: execution.generation };
    const isSuccess = completionStatus(execution) === "EXECUTION_SUCCEEDED";
    if (!isSuccess)
      this.#state.operations.finishUpTo(target, { error: { code: unknown, message: failureMessage(execution) } });
    else
      this.#state.operations.finishUpTo(target, {
        response: { ...execution, "@type": "type.googleapis.com/google.cloud.run.v2.Execution" },
      });
  }

  #noteInJob(execution: Execution): void {
    const job = this.#state.jobs.get(formatResource(parseResource(execution.name)));
    if (job?.latestCreatedExecution?.name !== execution.name) return;
    const { name, createTime, completionTime } = execution;
    this.#state.jobs.put(job.name, {
      ...job,
      latestCreatedExecution: {
        name,
        createTime,
        completionStatus: completionStatus(execution),
        ...(completionTime && { completionTime }),
      },
    });
  }
}

const attemptStatus = ({
  succeeded: ok,
  message,
  exitCode,
  termSignal,
}: AttemptResult): NonNullable<Task["lastAttemptResult"]> => ({
  status: ok ? { code: 0 } : { code: unknown, message },
  ...(exitCode !== undefined && { exitCode }),
  ...(termSignal !== undefined && { termSignal }),
});
