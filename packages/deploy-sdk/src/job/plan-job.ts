// Pure. A job runs when what it runs has not succeeded yet:
//
//     recorded as done  job is as wanted  newest execution of the same  →
//     yes               yes               –                             keep
//     yes               no                –                             update, without running it
//     no                –                 running                       wait for it
//     no                –                 succeeded                     record it
//     no                –                 failed, other, or none        run
//
// With force it always runs. It runs alone: whatever execution is under way is waited for first.
import type { JobUnit } from "@slipway/config";
import { sameSpec, shortImage, specChanges } from "../container/compare-specs.ts";
import { releaseLabels } from "../container/revision-name.ts";
import type { Execution, JobSpec } from "../target.ts";
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
  readonly generation: string | undefined;
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
  const changes = [changeOf(action, unit.resource, observed, spec)];
  const steps: JobSteps = {
    action,
    resource: unit.resource,
    spec,
    imageUnit: wanted.imageUnit,
    fingerprint,
    labels: releaseLabels(releaseId, commit.sha),
    asWanted,
    generation: live?.generation,
    execution: action === "wait" || action === "record" ? observed.executions[0]?.name : undefined,
  };
  return { kind: "job", unit: unit.name, changes, noop: action === "keep", steps };
}

function actionFor(
  { recorded, executions: [execution], wanted }: ObservedJob,
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
  { live, wanted, executions }: ObservedJob,
  spec: JobSpec,
): Change {
  const resource = `job ${name}`;
  const changed = live ? specChanges(live.spec, spec, wanted.volatile) : [`image: ${shortImage(spec.container.image)}`];
  const kind = live ? "update" : "create";
  switch (action) {
    case "keep":
      return { kind: "keep", resource, details: [] };
    case "update":
      return { kind, resource, details: changed };
    case "run":
      return { kind, resource, details: [...changed, ...underWay(executions), "run once"] };
    case "wait":
      return { kind, resource, details: ["wait for the execution that is under way"] };
    case "record":
      return { kind, resource, details: ["record: it has succeeded already"] };
  }
}

const underWay = (executions: readonly Execution[]): readonly string[] =>
  executions.filter(({ state }) => state === "running").map(({ name }) => `wait for the end of execution ${name}`);
