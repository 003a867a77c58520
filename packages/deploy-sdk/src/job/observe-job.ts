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
  /** Newest first, where the record does not tell enough: one may be on its way, or have succeeded without having been recorded. */
  readonly executions: readonly Execution[];
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
  const asked = live?.latestExecution !== undefined && (!done || context.force);
  const executions = asked ? await target.jobs.executions(unit.resource, call) : [];
  return { wanted, live, recorded, executions };
}
