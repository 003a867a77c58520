// Creates, changes and deletes jobs, and makes their executions.
import type { Policies } from "../iam/policies.ts";
import { takePage } from "../json/page.ts";
import { GoogleError } from "../server/google-error.ts";
import { refuseViolations } from "../server/proto-json.ts";
import type { CloudContext } from "../server/types.ts";
import type { Store } from "../store/types.ts";
import { checkId, checkTemplate, checkTimeout } from "./check-template.ts";
import { reconciling, succeeded } from "./conditions.ts";
import { applyOverrides, type ExecutionOverrides } from "./execution-overrides.ts";
import type { ExecutionRunner } from "./execution-runner.ts";
import type { Execution, Job, Task } from "./model.ts";
import { newExecution, newTask } from "./new-execution.ts";
import type { Operation, TypedMessage } from "./operations.ts";
import { applyUpdate, changedFields, checkEtag, newFields, sameValue } from "./resource-fields.ts";
import { formatParent, formatResource, parseParent, parseResource } from "./resource-names.ts";
import type {
  CreateRequest,
  DeleteRequest,
  PageRequest,
  UpdateRequest,
  WriteOptions,
} from "./revisioned-controller.ts";
import { newestFirst, type RunState, sortKey } from "./run-state.ts";
import { checkLabels } from "./service-definition.ts";
import { fillExecutionTemplate } from "./template-defaults.ts";
import type { WriteGuard } from "./write-guard.ts";

export type JobControllerOptions = {
  readonly store: Store;
  readonly state: RunState;
  readonly policies: Policies;
  readonly guard: WriteGuard;
  readonly runner: ExecutionRunner;
  readonly now: CloudContext["now"];
};

export type RunRequest = WriteOptions & {
  readonly name: string;
  readonly etag?: unknown;
  readonly overrides?: ExecutionOverrides;
};

const settable = ["labels", "annotations", "client", "clientVersion", "launchStage", "template"] as const;
const pageLimits = { size: 100, max: 1_000 };
/** https://cloud.google.com/run/docs/configuring/task-timeout: seven days. */
const maxTaskSeconds = 7 * 24 * 3600;
const maxTasks = 10_000;

const typed = (type: "Job" | "Execution", resource: object): TypedMessage => ({
  ...resource,
  "@type": `type.googleapis.com/google.cloud.run.v2.${type}`,
});

const checkJob = ({ template, ...job }: Job): void => {
  checkLabels(job, "job");
  checkLabels(template, "job.template");
  checkTemplate("job", template.template ?? {}, "job.template.template");
  checkTimeout(template.template?.timeout, "job.template.template.timeout", maxTaskSeconds);
  checkTaskCounts(template.taskCount ?? 1, template.parallelism ?? 0, template.template?.maxRetries ?? 0);
};

const checkTaskCounts = (taskCount: number, parallelism: number, maxRetries: number): void =>
  refuseViolations([
    ...(taskCount >= 1 && taskCount <= maxTasks
      ? []
      : [{ field: "task_count", description: `task_count: must be between 1 and ${maxTasks}.` }]),
    ...(parallelism >= 0 && parallelism <= taskCount
      ? []
      : [{ field: "parallelism", description: "parallelism: must not exceed task_count." }]),
    ...(maxRetries >= 0 && maxRetries <= 10
      ? []
      : [{ field: "max_retries", description: "max_retries: must be between 0 and 10." }]),
  ]);

export class JobController {
  readonly #options: JobControllerOptions;

  constructor(options: JobControllerOptions) {
    this.#options = options;
  }

  /** @throws {GoogleError} NOT_FOUND */
  get(name: string): Job {
    const job = this.#state.jobs.get(name);
    if (job !== undefined) return job;
    const { id, location, project } = parseResource(name);
    throw new GoogleError(
      "NOT_FOUND",
      `Resource '${id}' of kind 'JOB' in region '${location}' in project '${project}' does not exist.`,
    );
  }

  list(parent: string, page: PageRequest) {
    return takePage(
      newestFirst(this.#state.jobs, `${formatParent(parseParent(parent))}/jobs/`),
      sortKey,
      page,
      pageLimits,
    );
  }

  create({ parent, id, input, ...options }: CreateRequest): Operation {
    checkId(id, "job_id");
    const location = parseParent(parent);
    const name = formatResource({ ...location, kind: "jobs", id });
    if (this.#state.jobs.get(name)) throw new GoogleError("ALREADY_EXISTS", `Resource '${id}' already exists.`);
    const now = this.#options.now();
    const status = { conditions: [], terminalCondition: reconciling("Ready", now), executionCount: 0 };
    const blank = { ...newFields(name, options.principal, now), ...status } as unknown as Job;
    return this.#write(this.#normalize(applyUpdate(blank, input, undefined, settable)), options);
  }

  update({ name, input, mask, allowMissing = false, ...options }: UpdateRequest): Operation {
    if (allowMissing && this.#state.jobs.get(name) === undefined) {
      const { id, ...location } = parseResource(name);
      this.#options.guard.permit(options.principal, "run.jobs.create", `projects/${location.project}`);
      return this.create({ ...options, parent: formatParent(location), id, input });
    }
    const before = this.get(name);
    checkEtag(before, input["etag"]);
    const wanted = this.#normalize(applyUpdate(before, input, mask, settable));
    if (settable.every((field) => sameValue(before[field], wanted[field]))) return this.#done(before, options);
    return this.#write({ ...wanted, ...changedFields(before, options.principal, this.#options.now()) }, options);
  }

  async delete({ name, etag, ...options }: DeleteRequest): Promise<Operation> {
    const job = this.get(name);
    checkEtag(job, etag);
    const now = this.#options.now().toISOString();
    const deleted = { ...job, deleteTime: now, expireTime: now };
    if (options.validateOnly) return this.#done(deleted, options);
    const failed = this.#options.guard.failedOperation(options.rpc, name, typed("Job", job));
    if (failed) return failed;
    for (const { name: execution } of this.executions(name)) await this.#removeExecution(execution);
    this.#options.store.transaction(() => {
      this.#state.jobs.delete(name);
      this.#options.policies.remove(name);
    });
    return this.#done(deleted, options);
  }

  /** Executions of a job, newest first; `-` in place of the job's name for those of all. */
  executions(name: string): readonly Execution[] {
    const all = name.endsWith("/jobs/-") ? name.slice(0, -1) : `${name}/executions/`;
    return newestFirst(this.#state.executions, all);
  }

  /** @throws {GoogleError} NOT_FOUND */
  execution(name: string): Execution {
    const execution = this.#state.executions.get(name);
    if (execution !== undefined) return execution;
    throw new GoogleError(
      "NOT_FOUND",
      `Execution '${name.slice(name.lastIndexOf("/") + 1).slice(0, 100)}' was not found.`,
    );
  }

  /** Of an execution; `-` in place of its name for those of all the job's. */
  tasks(execution: string): readonly Task[] {
    return this.#state.tasks
      .list({ prefix: execution.endsWith("/-") ? execution.slice(0, -1) : `${execution}/tasks/` })
      .map(({ document }) => document)
      .toSorted((a, b) => a.index - b.index);
  }

  run({ name, etag, overrides = {}, ...options }: RunRequest): {
    readonly operation: Operation;
    readonly execution: Execution;
  } {
    const job = this.get(name);
    checkEtag(job, etag);
    if (Object.keys(overrides).length > 0)
      this.#options.guard.permit(options.principal, "run.jobs.runWithOverrides", name);
    const template = applyOverrides(job.template, overrides);
    checkTaskCounts(template.taskCount ?? 1, template.parallelism ?? 0, template.template?.maxRetries ?? 0);
    checkTimeout(template.template?.timeout, "overrides.timeout", maxTaskSeconds);
    this.#options.guard.quota(options.rpc, name);
    const execution = newExecution(job, template, options.principal, this.#options.now());
    const message = typed("Execution", execution);
    const parent = formatParent(parseResource(name));
    if (options.validateOnly) {
      return {
        execution,
        operation: { name: `${parent}/operations/validate-only`, metadata: message, done: true, response: message },
      };
    }
    const failed = this.#options.guard.failedOperation(options.rpc, name, message);
    if (failed) return { execution, operation: failed };
    this.#storeExecution(job, execution);
    const target = { name: execution.name, generation: execution.generation };
    const operation = this.#state.operations.create(parent, message, target);
    this.#options.runner.start(execution);
    return { execution, operation };
  }

  async cancel(name: string, etag: unknown): Promise<Execution> {
    checkEtag(this.execution(name), etag);
    await this.#options.runner.cancel(name);
    return this.execution(name);
  }

  async deleteExecution(name: string, etag: unknown): Promise<Execution> {
    checkEtag(this.execution(name), etag);
    await this.#options.runner.cancel(name);
    const execution = this.execution(name);
    await this.#removeExecution(name);
    return { ...execution, deleteTime: this.#options.now().toISOString() };
  }

  get #state(): RunState {
    return this.#options.state;
  }

  #normalize(job: Job): Job {
    const { project } = parseResource(job.name);
    return {
      ...job,
      launchStage: job.launchStage || "GA",
      template: fillExecutionTemplate(job.template ?? {}, project),
    };
  }

  #done(job: Job, { validateOnly }: WriteOptions): Operation {
    const message = typed("Job", job);
    const parent = formatParent(parseResource(job.name));
    if (validateOnly)
      return { name: `${parent}/operations/validate-only`, metadata: message, done: true, response: message };
    return this.#state.operations.createDone(parent, message, { response: message });
  }

  /** A job is ready as soon as it is written: its image is looked at when it is executed. */
  #write(job: Job, options: WriteOptions): Operation {
    checkJob(job);
    const { guard, now } = this.#options;
    guard.actAs(options.principal, job.name, job.template.template?.serviceAccount);
    guard.quota(options.rpc, job.name);
    const settled = {
      ...job,
      reconciling: false,
      observedGeneration: job.generation,
      terminalCondition: succeeded("Ready", now()),
    };
    const failed = options.validateOnly ? undefined : guard.failedOperation(options.rpc, job.name, typed("Job", job));
    if (failed) return failed;
    if (!options.validateOnly) this.#state.jobs.put(job.name, settled);
    return this.#done(settled, options);
  }

  #storeExecution(job: Job, execution: Execution): void {
    const { name, createTime, taskCount } = execution;
    this.#options.store.transaction(() => {
      this.#state.executions.put(name, execution);
      for (let index = 0; index < taskCount; index++) {
        const task = newTask(execution, index, this.#options.now());
        this.#state.tasks.put(task.name, task);
      }
      this.#state.jobs.put(job.name, {
        ...job,
        executionCount: job.executionCount + 1,
        latestCreatedExecution: { name, createTime, completionStatus: "EXECUTION_PENDING" },
      });
    });
  }

  async #removeExecution(name: string): Promise<void> {
    await this.#options.runner.cancel(name);
    this.#options.store.transaction(() => {
      for (const task of this.tasks(name)) this.#state.tasks.delete(task.name);
      this.#state.executionImages.delete(name);
      this.#state.executions.delete(name);
    });
  }
}
