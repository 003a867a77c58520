// When a revision does not do well, what served before serves again.
import { abortedBy, DeployError } from "../deploy-error.ts";
import { cleanupSignal } from "../engine/cleanup.ts";
import type { Call, LiveWorkload, WorkloadTarget } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import type { RevisionSteps } from "./plan-revision.ts";
import { candidateTag, sameShares } from "./shares.ts";

export type PutBack<Spec> = {
  readonly unit: string;
  readonly steps: RevisionSteps<Spec>;
  readonly workloads: WorkloadTarget<Spec>;
  readonly call: Call;
};

/**
 * Does `work`; whatever goes wrong in it, an interruption too, the shares are put back as they were. Not when the lock
 * was lost: then somebody else decides.
 */
export async function putBackOnFailure<Spec, Result>(
  given: PutBack<Spec>,
  context: Pick<ReleaseContext, "emit">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { signal, subject } = given.call;
    const failure = error instanceof DeployError ? error : signal.aborted ? abortedBy(signal, subject) : undefined;
    if (failure === undefined || failure.code === "locked" || given.steps.before.length === 0) throw failure ?? error;
    throw (await putBack(given, context)) ? rolledBack(failure) : failure;
  }
}

/** A change of traffic takes Cloud Run up to a minute: only who was interrupted has no time for that. */
const putBackMs = 120_000;

/** @returns whether what served before serves now */
async function putBack<Spec>(
  { unit, steps, workloads, call: { signal, subject } }: PutBack<Spec>,
  { emit }: Pick<ReleaseContext, "emit">,
): Promise<boolean> {
  const call: Call = { signal: signal.aborted ? cleanupSignal() : AbortSignal.timeout(putBackMs), subject };
  const { resource: name, before } = steps;
  try {
    const live = await workloads.get(name, call);
    if (!live || !isOurs(live, steps) || sameShares(live.shares, before)) return true;
    await workloads.setShares({ name, shares: before }, call);
    emit({ type: "step", unit, message: "what served before serves again" });
    return true;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    emit({
      type: "warning",
      unit,
      message: `the traffic could not be put back: ${why}`,
      hint: "run the deploy again: it sets the traffic anew",
    });
    return false;
  }
}

/** What is there was made by this plan: what somebody else has set meanwhile is left alone. */
const isOurs = <Spec>(live: LiveWorkload<Spec>, { revision, after }: RevisionSteps<Spec>): boolean =>
  live.latestCreated === revision ||
  sameShares(live.shares, after) ||
  live.shares.some((share) => share.revision === revision && share.tag === candidateTag);

function rolledBack({ code, subject, message, hint, retryable, details, cause }: DeployError): DeployError {
  const options = { subject, message, retryable, details, rolledBack: true, cause };
  return new DeployError(code, hint === undefined ? options : { ...options, hint });
}
