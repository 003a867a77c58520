import type { JobUnit } from "@slipway/config";
import { observeContainer, subjectOf, type WantedContainer } from "../container/observe-container.ts";
import { listRecords, newestReleased } from "../engine/records.ts";
import type { Execution, LiveJob, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { jobFingerprint, jobSpec } from "./job-spec.ts";

export type ObservedJob = {
  readonly wanted: WantedContainer;
  readonly live: LiveJob | undefined;
  /** Fingerprint in the newest record of success. */
  readonly recorded: string | undefined;
  /** The newest one, where the record does not tell enough: it may be on its way, or have succeeded without having been recorded. */
  readonly execution: Execution | undefined;
};

export async function observeJob(unit: JobUnit, target: Target, context: ReleaseContext): Promise<ObservedJob> {
  const call = { signal: context.signal, subject: subjectOf(unit, context) };
  const [wanted, live, records] = await Promise.all([
    observeContainer(unit, target, context),
    target.jobs.get(unit.resource, call),
    listRecords(target.state, unit.name, call),
  ]);
  const recorded = newestReleased(records)?.version;
  const done = recorded === jobFingerprint(jobSpec(unit, wanted.spec), wanted.volatile);
  const newest = done ? undefined : live?.latestExecution;
  const execution = newest === undefined ? undefined : await target.jobs.execution(unit.resource, newest, call);
  return { wanted, live, recorded, execution };
}
