// Makes the job what it should be, runs it once and waits for its end.
import { assertBuilt } from "../container/bring-up.ts";
import { lastLines } from "../container/not-ready.ts";
import { abortedBy, DeployError } from "../deploy-error.ts";
import type { Call, Execution, JobSpec, LiveJob, Target } from "../target.ts";
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
  if (steps.action === "run") await othersEnded(steps, step, target, context, call);
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
  { resource: name, spec, labels, asWanted, generation }: JobSteps,
  target: Target,
  call: Call,
): Promise<LiveJob> {
  const change = { name, spec, labels, generation };
  const { failure } = asWanted ? { failure: undefined } : await target.jobs.apply(change, call);
  const live = await target.jobs.get(name, call);
  if (live && failure === undefined && live.readiness.state !== "failed") return live;
  const why = live?.readiness.state === "failed" ? live.readiness.message : failure;
  throw new DeployError("not-ready", {
    subject: call.subject,
    message: why ?? "the job is not there after it was made",
  });
}

/** Two migrations must not overlap: whoever started an execution that is under way, and whatever it runs, it ends first. */
async function othersEnded(
  { resource, generation }: JobSteps,
  step: (message: string) => void,
  target: Target,
  context: ReleaseContext,
  call: Call,
): Promise<void> {
  const executions = generation === undefined ? [] : await target.jobs.executions(resource, call);
  for (const { name, state, spec } of executions) {
    if (state !== "running") continue;
    step(`execution ${name} is under way: it is waited for`);
    await ended(resource, name, deadlineOf(spec, context), target, context, call);
  }
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
  const execution = await ended(resource, name, deadlineOf(spec, context), target, context, call);
  if (execution.state === "succeeded") return;
  throw new DeployError("migration-failed", {
    subject: call.subject,
    message: `execution ${name} failed${execution.message && `: ${execution.message}`}`,
    hint: `what serves was left as it is; see pnpm logs ${unit} --env ${stack.environment.name}, then deploy again`,
    details: await lastLines(target, { kind: "job", name: resource, source: name }, runtime, call),
  });
}

const deadlineOf = ({ timeoutS }: JobSpec, { runtime }: Pick<ReleaseContext, "runtime">): number =>
  runtime.now().getTime() + timeoutS * 1000 + marginMs;

async function ended(
  resource: string,
  name: string,
  deadline: number,
  target: Target,
  { runtime, stack }: ReleaseContext,
  call: Call,
): Promise<Execution> {
  for (;;) {
    const execution = await target.jobs.execution(resource, name, call);
    if (execution && execution.state !== "running") return execution;
    if (runtime.now().getTime() > deadline)
      throw new DeployError("timeout", {
        subject: call.subject,
        message: `execution ${name} has not ended in time`,
        hint: `deploy again: an execution that is under way is waited for, not started twice; to end it: gcloud run jobs executions cancel ${name} --region ${stack.environment.region}`,
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
