// Makes the job what it should be, runs it once and waits for its end.
import { assertBuilt } from "../container/bring-up.ts";
import { lastLines } from "../container/not-ready.ts";
import { abortedBy, DeployError } from "../deploy-error.ts";
import type { Call, Execution, LiveJob, Target } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import type { JobSteps } from "./plan-job.ts";

type JobPlan = UnitPlan<"job", JobSteps>;

export async function applyJob(
  { unit, steps }: JobPlan,
  target: Target,
  context: ReleaseContext,
): Promise<UnitOutcome> {
  const call: Call = { signal: context.signal, subject: `job "${unit}" in ${context.stack.environment.name}` };
  const step = (message: string): void => context.emit({ type: "step", unit, message });
  if (steps.action === "keep") return jobOutcome(steps, undefined);
  if (steps.action === "record") return jobOutcome(steps, steps.execution);
  if (steps.action === "wait" && steps.execution !== undefined) {
    step(`execution ${steps.execution} is under way already`);
    await finish(unit, steps, steps.execution, target, context, call);
    return jobOutcome(steps, steps.execution);
  }
  assertBuilt(steps.spec.container.image, steps.imageUnit, call);
  const job = await updated(steps, target, call);
  if (steps.action === "update") return jobOutcome(steps, undefined);
  const execution = await target.jobs.run(job, call);
  step(`execution ${execution} was started`);
  await finish(unit, steps, execution, target, context, call);
  step(`execution ${execution} succeeded`);
  return jobOutcome(steps, execution);
}

export const jobOutcome = ({ fingerprint, resource, spec }: JobSteps, execution: string | undefined): UnitOutcome => ({
  version: fingerprint,
  state: { resource, spec, ...(execution !== undefined && { execution }) },
});

async function updated(
  { resource: name, spec, labels, asWanted, etag }: JobSteps,
  target: Target,
  call: Call,
): Promise<LiveJob> {
  const { failure } = asWanted ? { failure: undefined } : await target.jobs.apply({ name, spec, labels, etag }, call);
  const live = await target.jobs.get(name, call);
  if (live && failure === undefined && live.readiness.state !== "failed") return live;
  const why = live?.readiness.state === "failed" ? live.readiness.message : failure;
  throw new DeployError("not-ready", {
    subject: call.subject,
    message: why ?? "the job is not there after it was made",
  });
}

const pollMs = 500;
/** For what comes before and after the container's own time: fetching the image, and the bookkeeping. */
const marginMs = 180_000;

async function finish(
  unit: string,
  { resource, spec }: JobSteps,
  name: string,
  target: Target,
  context: ReleaseContext,
  call: Call,
): Promise<void> {
  const { runtime, stack } = context;
  const deadline = runtime.now().getTime() + spec.timeoutS * 1000 + marginMs;
  const execution = await ended(resource, name, deadline, target, context, call);
  if (execution.state === "succeeded") return;
  throw new DeployError("migration-failed", {
    subject: call.subject,
    message: `execution ${name} failed${execution.message && `: ${execution.message}`}`,
    hint: `what serves was left as it is; see pnpm logs ${unit} --env ${stack.environment.name}, then deploy again`,
    details: await lastLines(target, { kind: "job", name: resource, source: name }, runtime, call),
  });
}

async function ended(
  resource: string,
  name: string,
  deadline: number,
  target: Target,
  { runtime }: ReleaseContext,
  call: Call,
): Promise<Execution> {
  for (;;) {
    const execution = await target.jobs.execution(resource, name, call);
    if (execution && execution.state !== "running") return execution;
    if (runtime.now().getTime() > deadline)
      throw new DeployError("timeout", {
        subject: call.subject,
        message: `execution ${name} has not ended in time`,
        hint: "deploy again: an execution that is still under way is waited for, not started twice",
        retryable: true,
      });
    await pause(runtime, call);
  }
}

/** The execution goes on when we are interrupted: a rerun takes it up. */
async function pause({ sleep }: ReleaseContext["runtime"], { signal, subject }: Call): Promise<void> {
  try {
    await sleep(pollMs, signal);
  } catch {
    throw abortedBy(signal, subject);
  }
}
