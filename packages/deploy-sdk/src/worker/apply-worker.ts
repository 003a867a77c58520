// Brings a worker's revision up and gives it the instances. It has no address to ask: being ready, and staying so, is
// what there is to see.
import { assertBuilt, bringUp, share } from "../container/bring-up.ts";
import { notReady } from "../container/not-ready.ts";
import type { RevisionSteps } from "../container/plan-revision.ts";
import { putBackOnFailure } from "../container/put-back.ts";
import type { Call, LogQuery, ServiceSpec, Target, WorkerSpec, WorkloadTarget } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import type { WorkerSteps } from "./plan-worker.ts";

type WorkerPlan = UnitPlan<"worker", WorkerSteps>;

/** A worker as the one kind of workload that it is. */
type Running<Spec> = {
  readonly unit: string;
  readonly steps: RevisionSteps<Spec>;
  readonly workloads: WorkloadTarget<Spec>;
  readonly kind: LogQuery["kind"];
  readonly hint: (reason: string) => string | undefined;
};

export const applyWorker = (plan: WorkerPlan, target: Target, context: ReleaseContext): Promise<UnitOutcome> =>
  onWorkloads(plan, target, (running) => applyRunning(running, target, context));

export const verifyWorker = (plan: WorkerPlan, target: Target, context: ReleaseContext): Promise<void> =>
  onWorkloads(plan, target, (running) => verifyRunning(running, target, context));

function onWorkloads<Result>(
  { unit, steps: { as, steps } }: WorkerPlan,
  target: Target,
  work: <Spec extends WorkerSpec | ServiceSpec>(running: Running<Spec>) => Result,
): Result {
  return as === "service"
    ? work({ unit, steps, workloads: target.services, kind: "service", hint: serviceHint })
    : work({ unit, steps, workloads: target.workers, kind: "worker", hint: () => undefined });
}

const serviceHint = (reason: string): string | undefined =>
  reason === "HEALTH_CHECK_CONTAINER_ERROR"
    ? 'a worker listens on no port: run it as a worker pool (leave out `as: "service"` in stack.ts), or give it an HTTP shim on $PORT'
    : undefined;

const callOf = (unit: string, { stack, signal }: ReleaseContext): Call => ({
  signal,
  subject: `worker "${unit}" in ${stack.environment.name}`,
});

/** Enough to bring it back: the revision while it exists, else one of the same spec. */
export const workerOutcome = ({ resource, revision, spec }: WorkerSteps["steps"]): UnitOutcome => ({
  version: revision,
  state: { resource, revision, spec },
});

async function applyRunning<Spec extends WorkerSpec | ServiceSpec>(
  { unit, steps, workloads, kind, hint }: Running<Spec>,
  target: Target,
  context: ReleaseContext,
): Promise<UnitOutcome> {
  const { resource: name, revision, spec, action, before, after } = steps;
  const outcome: UnitOutcome = { version: revision, state: { resource: name, revision, spec } };
  if (action === "keep" || action === "record") return outcome;
  const call = callOf(unit, context);
  const step = (message: string): void => context.emit({ type: "step", unit, message });
  assertBuilt(spec.container.image, steps.imageUnit, call);
  await putBackOnFailure({ unit, steps, workloads, call }, context, async () => {
    if (action !== "share") {
      await bringUp(
        {
          steps,
          workloads,
          target,
          kind,
          shares: before.length > 0 ? before : undefined,
          hint,
          runtime: context.runtime,
        },
        call,
      );
      step(`revision ${revision} is ready`);
    }
    await share({ name, shares: after, workloads }, call);
    step(`revision ${revision} has the instances`);
  });
  return outcome;
}

const watchMs = 1000;

/** As often as the gate wants good answers in a row, the worker must be seen ready. */
async function verifyRunning<Spec extends WorkerSpec | ServiceSpec>(
  { unit, steps, workloads, kind, hint }: Running<Spec>,
  target: Target,
  context: ReleaseContext,
): Promise<void> {
  if (steps.action === "record") return;
  const { resource: name, revision } = steps;
  const { runtime, stack } = context;
  const call = callOf(unit, context);
  await putBackOnFailure({ unit, steps, workloads, call }, context, async () => {
    for (let seen = 1; seen <= stack.environment.gate.passes; seen += 1) {
      const readiness = (await workloads.get(name, call))?.readiness;
      if (readiness?.state !== "ready") {
        const query = { kind, name, source: revision };
        const reason = readiness?.state === "failed" ? readiness.reason : "";
        throw await notReady({ target, query, readiness, failure: undefined, hint: hint(reason), runtime }, call);
      }
      if (seen < stack.environment.gate.passes) await runtime.sleep(watchMs, call.signal);
    }
  });
}
