// Jobs and executions of Cloud Run.
import { sameSpec } from "../container/compare-specs.ts";
import { DeployError } from "../deploy-error.ts";
import type { Call, JobTarget, LiveJob, Settlement } from "../target.ts";
import { gaxOptions, operationOptions } from "./clients.ts";
import { lastSegment } from "./run-container.ts";
import type { ExecutionJson, JobJson } from "./run-json.ts";
import {
  assertUnchanged,
  changedMessage,
  type Overtaken,
  pick,
  type ResourceBody,
  type RunContext,
  readResource,
  type StartedOperation,
  seenOf,
  writeResource,
} from "./run-requests.ts";
import { readExecution, readJob, writeJobTask } from "./run-specs.ts";

const options = operationOptions(120_000);

/** Fields that a person may have set and that the SDK does not manage: an update of a job replaces it whole. */
const keptFields = ["annotations", "launchStage", "binaryAuthorization"];
const keptTaskFields = ["vpcAccess", "executionEnvironment", "encryptionKey", "nodeSelector"];

type Jobs = { readonly context: RunContext; readonly pathOf: (name: string) => string };
type JobChange = Parameters<JobTarget["apply"]>[0];

export function createJobs(context: RunContext): JobTarget {
  const jobs: Jobs = { context, pathOf: (name) => `${context.parent}/jobs/${name}` };
  return {
    get: (name, call) => getJob(jobs, name, call),
    apply: (change, call) => applyJob(jobs, change, call),
    run: (job, call) => runJob(jobs, job, call),
    execution: async (job, execution, call) => {
      const path = `${jobs.pathOf(job)}/executions/${execution}`;
      const json = await readResource<ExecutionJson>(context, path, call);
      return json && readExecution(json);
    },
    executions: async (job, call) => {
      const path = `${jobs.pathOf(job)}/executions?pageSize=20`;
      const page = await readResource<{ readonly executions?: readonly ExecutionJson[] }>(context, path, call);
      return (page?.executions ?? []).map(readExecution);
    },
  };
}

async function getJob({ context, pathOf }: Jobs, name: string, call: Call): Promise<LiveJob | undefined> {
  const json = await readResource<JobJson>(context, pathOf(name), call);
  return json && readJob(json);
}

async function applyJob(jobs: Jobs, change: JobChange, call: Call): Promise<Settlement> {
  const { context, pathOf } = jobs;
  const { name, spec, generation } = change;
  const live = await readResource<JobJson>(context, pathOf(name), call);
  assertUnchanged(name, generation, live?.generation, call);
  const job = jobBody(change, live);
  const start = async (etag: string | undefined): Promise<StartedOperation> => {
    const client = await context.clients.jobs();
    const [operation] = await (live
      ? client.updateJob({ job: { ...job, name: pathOf(name), etag: etag ?? null } }, options)
      : client.createJob({ parent: context.parent, jobId: name, job }, options));
    return operation;
  };
  const look = async (): Promise<Overtaken> => {
    const json = await readResource<JobJson>(context, pathOf(name), call);
    const now = json && readJob(json);
    if (now && sameSpec(now.spec, spec, [])) return { is: "landed", seen: seenOf(now) };
    if (now?.generation === generation) return { is: "unchanged", etag: json?.etag };
    return { is: "changed", message: changedMessage(name) };
  };
  return writeResource(context, { etag: live?.etag, start, look }, call);
}

const jobBody = ({ spec, labels }: JobChange, live: JobJson | undefined): ResourceBody => ({
  ...pick(live, keptFields),
  labels: { ...live?.labels, ...labels },
  template: {
    taskCount: 1,
    template: { ...pick(live?.template?.template, keptTaskFields), ...writeJobTask(spec) },
  },
});

/** Under the etag that it has now: any execution changes it, so a refusal for it means little. */
async function runJob(jobs: Jobs, job: LiveJob, call: Call): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const json = await readResource<JobJson>(jobs.context, jobs.pathOf(job.name), call);
    assertUnchanged(job.name, job.generation, json?.generation, call);
    try {
      return await startExecution(jobs, job, json?.etag, call);
    } catch (error) {
      // The answer may be what was lost: a job must not run twice for that.
      if (!(error instanceof DeployError) || !error.retryable) throw error;
      const started = await startedSince(jobs, job, call);
      if (started !== undefined) return started;
      if (error.code !== "conflict" || attempt === attempts) throw error;
    }
  }
}
const attempts = 5;

async function startExecution(jobs: Jobs, job: LiveJob, etag: string | undefined, call: Call): Promise<string> {
  const { clients } = jobs.context;
  return clients.call(call, async () => {
    const client = await clients.jobs();
    const [operation] = await client.runJob({ name: jobs.pathOf(job.name), etag: etag ?? null }, gaxOptions);
    return executionOf(operation.metadata) ?? (await startedSince(jobs, job, call)) ?? missingExecution(call);
  });
}

/** RunJob's operation has the execution as its metadata. */
const executionOf = (metadata: unknown): string | undefined =>
  typeof metadata === "object" && metadata !== null && "name" in metadata && typeof metadata.name === "string"
    ? lastSegment(metadata.name)
    : undefined;

/** The newest execution, where it is another than before. */
async function startedSince(jobs: Jobs, before: LiveJob, call: Call): Promise<string | undefined> {
  const now = await getJob(jobs, before.name, call);
  return now?.latestExecution === before.latestExecution ? undefined : now?.latestExecution;
}

function missingExecution({ subject }: Call): never {
  throw new DeployError("remote-failed", { subject, message: "the job was started, but its execution is not there" });
}
