// What there is of something with revisions, and which of its revisions may be used as they are.
import { DeployError } from "../deploy-error.ts";
import { listRecords, newestReleased } from "../engine/records.ts";
import type { Call, LiveRevision, LiveWorkload, Target, WorkloadTarget } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { servesWhole } from "./shares.ts";

export type ObservedRevisions<Spec> = {
  readonly live: LiveWorkload<Spec> | undefined;
  readonly candidates: readonly LiveRevision<Spec>[];
  readonly recorded: string | undefined;
};

/** A change that somebody else, or a run of ours that was killed, has under way is waited for this long. */
const settleMs = 300_000;
const pollMs = 500;

export async function observeRevisions<Spec>(
  given: {
    readonly unit: string;
    readonly resource: string;
    /** The revision to go back to: it is used before another that is the same. */
    readonly candidate?: string | undefined;
  },
  workloads: WorkloadTarget<Spec>,
  target: Pick<Target, "state">,
  context: ReleaseContext,
  call: Call,
): Promise<ObservedRevisions<Spec>> {
  const [live, records] = await Promise.all([
    settledWorkload(given.resource, workloads, context, call),
    listRecords(target.state, given.unit, call),
  ]);
  const recorded = newestReleased(records)?.version;
  if (!live) return { live, candidates: [], recorded };
  const names = [given.candidate, servesWhole(live), live.latestCreated].filter((name) => name !== undefined);
  const found = await Promise.all([...new Set(names)].map((name) => revisionOf(name, live, workloads, call)));
  return { live, candidates: found.filter((revision) => revision !== undefined), recorded };
}

async function settledWorkload<Spec>(
  name: string,
  workloads: WorkloadTarget<Spec>,
  { runtime }: ReleaseContext,
  call: Call,
): Promise<LiveWorkload<Spec> | undefined> {
  const deadline = runtime.now().getTime() + settleMs;
  for (;;) {
    const live = await workloads.get(name, call);
    if (!live || live.settled) return live;
    if (runtime.now().getTime() > deadline)
      throw new DeployError("timeout", {
        subject: call.subject,
        message: `"${name}" is still being changed after ${settleMs / 1000} s`,
        hint: "look at it in Google's console, then run it again",
        retryable: true,
      });
    await runtime.sleep(pollMs, call.signal);
  }
}

/** The newest revision is as the resource's own template: it is not asked for where it is known to be ready. */
async function revisionOf<Spec>(
  name: string,
  live: LiveWorkload<Spec>,
  workloads: WorkloadTarget<Spec>,
  call: Call,
): Promise<LiveRevision<Spec> | undefined> {
  if (name === live.latestCreated && name === live.latestReady)
    return { name, spec: live.spec, readiness: { state: "ready" }, createdAt: live.updatedAt, labels: live.labels };
  return workloads.revision(live.name, name, call);
}
