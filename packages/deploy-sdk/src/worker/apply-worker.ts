// Brings a worker's revision up and gives it the instances; when it does not stay up, what ran before runs again.
import { assertBuilt, bringUp, share } from "../container/bring-up.ts";
import { putBackOnFailure } from "../container/put-back.ts";
import type { Call, ServiceSpec, Target, WorkerSpec } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import type { WorkerSteps } from "./plan-worker.ts";
import { type WatchedWorker, watchWorker } from "./watch-worker.ts";

type WorkerPlan = UnitPlan<"worker", WorkerSteps>;

export const applyWorker = (plan: WorkerPlan, target: Target, context: ReleaseContext): Promise<UnitOutcome> =>
  onWorkloads(plan, target, (running) => applyRunning(running, target, context));

export const verifyWorker = (plan: WorkerPlan, target: Target, context: ReleaseContext): Promise<void> =>
  onWorkloads(plan, target, async (running) => {
    if (running.steps.action === "record") return;
    const { unit, steps, workloads } = running;
    const call = callOf(unit, context);
    await putBackOnFailure({ unit, steps, workloads, call }, context, () =>
      watchWorker(running, target, context, call),
    );
  });

function onWorkloads<Result>(
  { unit, steps: { as, steps } }: WorkerPlan,
  target: Target,
  work: <Spec extends WorkerSpec | ServiceSpec>(running: WatchedWorker<Spec>) => Result,
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
  { unit, steps, workloads, kind, hint }: WatchedWorker<Spec>,
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
