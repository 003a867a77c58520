// Pure. A job runs when what it runs has not succeeded yet:
//
//     recorded as done  job is as wanted  newest execution of the same  →
//     yes               yes               –                             keep
//     yes               no                –                             update, without running it
//     no                –                 running                       wait for it
//     no                –                 succeeded                     record it
//     no                –                 failed, or none               run
//
// With force it always runs.
import type { JobUnit } from "@slipway/config";
import { sameSpec, shortImage, specChanges } from "../container/compare-specs.ts";
import { releaseLabels } from "../container/revision-name.ts";
import type { JobSpec, LiveJob } from "../target.ts";
import type { Change, ReleaseContext, UnitPlan } from "../types.ts";
import { jobFingerprint, jobSpec } from "./job-spec.ts";
import type { ObservedJob } from "./observe-job.ts";

export type JobSteps = {
  readonly action: "keep" | "update" | "wait" | "record" | "run";
  readonly resource: string;
  readonly spec: JobSpec;
  readonly imageUnit: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The job exists and is as wanted: only its execution is missing. */
  readonly asWanted: boolean;
  readonly etag: string | undefined;
  /** The execution that is waited for, or that has succeeded already. */
  readonly execution: string | undefined;
};

export function planJob(
  unit: JobUnit,
  observed: ObservedJob,
  { releaseId, commit, force = false }: Pick<ReleaseContext, "releaseId" | "commit" | "force">,
): UnitPlan<"job", JobSteps> {
  const { wanted, live } = observed;
  const spec = jobSpec(unit, wanted.spec);
  const fingerprint = jobFingerprint(spec, wanted.volatile);
  const asWanted = live !== undefined && sameSpec(live.spec, spec, wanted.volatile);
  const action = force ? "run" : actionFor(observed, spec, fingerprint, asWanted);
  const changes = [changeOf(action, unit.resource, live, spec, wanted.volatile)];
  const steps: JobSteps = {
    action,
    resource: unit.resource,
    spec,
    imageUnit: wanted.imageUnit,
    fingerprint,
    labels: releaseLabels(releaseId, commit.sha),
    asWanted,
    etag: live?.etag,
    execution: action === "wait" || action === "record" ? observed.execution?.name : undefined,
  };
  return { kind: "job", unit: unit.name, changes, noop: action === "keep", steps };
}

function actionFor(
  { recorded, execution, wanted }: ObservedJob,
  spec: JobSpec,
  fingerprint: string,
  asWanted: boolean,
): JobSteps["action"] {
  if (recorded === fingerprint) return asWanted ? "keep" : "update";
  if (!execution || execution.state === "failed" || !sameSpec(execution.spec, spec, wanted.volatile)) return "run";
  return execution.state === "running" ? "wait" : "record";
}

function changeOf(
  action: JobSteps["action"],
  name: string,
  live: LiveJob | undefined,
  spec: JobSpec,
  volatile: readonly string[],
): Change {
  const resource = `job ${name}`;
  const changed = live ? specChanges(live.spec, spec, volatile) : [`image: ${shortImage(spec.container.image)}`];
  const kind = live ? "update" : "create";
  switch (action) {
    case "keep":
      return { kind: "keep", resource, details: [] };
    case "update":
      return { kind, resource, details: changed };
    case "run":
      return { kind, resource, details: [...changed, "run once"] };
    case "wait":
      return { kind, resource, details: ["wait for the execution that is under way"] };
    case "record":
      return { kind, resource, details: ["record: it has succeeded already"] };
  }
}
