// Jobs and executions of Cloud Run.
import { sameSpec } from "../container/compare-specs.ts";
import { DeployError } from "../deploy-error.ts";
import type { Call, JobTarget, LiveJob, Settlement } from "../target.ts";
import { gaxOptions, operationOptions, settlementOf } from "./clients.ts";
import { lastSegment } from "./run-container.ts";
import type { ExecutionJson, JobJson } from "./run-json.ts";
import { readExecution, readJob, writeJobTask } from "./run-specs.ts";
import { pick, type ResourceBody, type RunContext } from "./run-workloads.ts";

const options = operationOptions(120_000);
const keptFields = ["annotations", "launchStage", "binaryAuthorization"];
const keptTaskFields = ["vpcAccess", "executionEnvironment", "encryptionKey", "nodeSelector"];

export function createJobs({ parent, transport, clients }: RunContext): JobTarget {
  const pathOf = (name: string): string => `${parent}/jobs/${name}`;
  const getJson = async <Found>(path: string, call: Call): Promise<Found | undefined> => {
    const response = await transport.request({
      api: "run",
      method: "GET",
      path: `/v2/${path}`,
      expect: [404],
      ...call,
    });
    return response.status === 404 ? undefined : response.json<Found>();
  };
  const get = async (name: string, call: Call): Promise<LiveJob | undefined> => {
    const json = await getJson<JobJson>(pathOf(name), call);
    return json && readJob(json);
  };

  return {
    get,
    apply: async ({ name, spec, labels, etag }, call) => {
      const live = await getJson<JobJson & { readonly labels?: object }>(pathOf(name), call);
      if (live?.etag !== etag)
        throw new DeployError("conflict", {
          subject: call.subject,
          message: `"${name}" was changed by somebody else after it was looked at`,
          hint: "run it again: the plan is made anew",
          retryable: true,
        });
      const job: ResourceBody = {
        ...(live && pick(live, keptFields)),
        labels: { ...live?.labels, ...labels },
        template: {
          taskCount: 1,
          template: {
            ...(live?.template?.template && pick(live.template.template, keptTaskFields)),
            ...writeJobTask(spec),
          },
        },
      };
      const write = (): Promise<Settlement> =>
        clients.call({ ...call, idempotent: true }, async () => {
          const client = await clients.jobs();
          const [operation] = await (live
            ? client.updateJob({ job: { ...job, name: pathOf(name), etag: live.etag ?? null } }, options)
            : client.createJob({ parent, jobId: name, job }, options));
          return settlementOf(operation, call);
        });
      try {
        return await write();
      } catch (error) {
        // The first of two attempts may have been applied, its answer lost: then the job is as it was to be.
        const code = error instanceof DeployError ? error.code : undefined;
        const now = code === "conflict" || code === "already-exists" ? await get(name, call) : undefined;
        if (now && sameSpec(now.spec, spec, [])) return { failure: undefined };
        throw error;
      }
    },
    run: async (job, call) => {
      try {
        return await clients.call(call, async () => {
          const client = await clients.jobs();
          const [operation] = await client.runJob({ name: pathOf(job.name), etag: job.etag }, gaxOptions);
          return executionOf(operation.metadata) ?? (await startedSince(job, await get(job.name, call), call));
        });
      } catch (error) {
        // The answer may be what was lost: a job must not run twice for that.
        if (!(error instanceof DeployError) || !error.retryable) throw error;
        const now = await get(job.name, call);
        if (now?.latestExecution && now.latestExecution !== job.latestExecution) return now.latestExecution;
        throw error;
      }
    },
    execution: async (job, execution, call) => {
      const json = await getJson<ExecutionJson>(`${pathOf(job)}/executions/${execution}`, call);
      return json && readExecution(json);
    },
  };
}

/** RunJob's operation has the execution as its metadata. */
const executionOf = (metadata: unknown): string | undefined =>
  typeof metadata === "object" && metadata !== null && "name" in metadata && typeof metadata.name === "string"
    ? lastSegment(metadata.name)
    : undefined;

async function startedSince(before: LiveJob, now: LiveJob | undefined, { subject }: Call): Promise<string> {
  if (now?.latestExecution && now.latestExecution !== before.latestExecution) return now.latestExecution;
  throw new DeployError("remote-failed", { subject, message: "the job was started, but its execution is not there" });
}
