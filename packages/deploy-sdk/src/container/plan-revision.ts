// Pure. The plan of anything that has revisions: which one serves next, and what is put back when it does not do well.
import type { UnitKind } from "@slipway/config";
import type { ServiceSpec, Share, WorkerSpec } from "../target.ts";
import type { Change, ReleaseContext, UnitPlan } from "../types.ts";
import { shortImage } from "./compare-specs.ts";
import { decideRevision, type RevisionDecision, type RevisionQuestion } from "./decide-revision.ts";
import { releaseLabels, revisionName } from "./revision-name.ts";
import { pinnedShares, servesWhole, sharesFor } from "./shares.ts";

export type RevisionSteps<Spec> = {
  readonly action: RevisionDecision["action"];
  readonly resource: string;
  readonly spec: Spec;
  /** Name of the image unit that must have been built. */
  readonly imageUnit: string;
  /** The one that serves when the plan is done. */
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the resource that the plan was made against. */
  readonly generation: string | undefined;
  /** It has every share already. */
  readonly serves: boolean;
  /** Every share by name as it is now; empty for what serves nothing yet. */
  readonly before: readonly Share[];
  readonly after: readonly Share[];
  /** Address of a service that exists. */
  readonly url: string | undefined;
};

export type RevisionPlanInput<Kind extends UnitKind, Spec> = Omit<RevisionQuestion<Spec>, "force"> & {
  readonly kind: Kind;
  readonly unit: string;
  readonly resource: string;
  readonly imageUnit: string;
};

export function planRevision<Kind extends UnitKind, Spec extends ServiceSpec | WorkerSpec>(
  input: RevisionPlanInput<Kind, Spec>,
  { releaseId, commit, force = false }: Pick<ReleaseContext, "releaseId" | "commit" | "force">,
): UnitPlan<Kind, RevisionSteps<Spec>> {
  const { kind, unit, resource, imageUnit, live, wanted: spec, candidates } = input;
  const decision = decideRevision({ ...input, force });
  const taken = [...candidates.map(({ name }) => name), ...(live?.latestCreated ? [live.latestCreated] : [])];
  const revision = "revision" in decision ? decision.revision : revisionName(resource, releaseId, taken);
  const steps: RevisionSteps<Spec> = {
    action: decision.action,
    resource,
    spec,
    imageUnit,
    revision,
    labels: releaseLabels(releaseId, commit.sha),
    generation: live?.generation,
    serves: live !== undefined && servesWhole(live) === revision,
    before: live ? pinnedShares(live) : [],
    after: sharesFor(revision, live),
    url: live?.url,
  };
  const changes = [changeOf(decision, `${kind} ${resource}`, spec)];
  return { kind, unit, changes, noop: decision.action === "keep", steps };
}

function changeOf<Spec extends ServiceSpec | WorkerSpec>(
  decision: RevisionDecision,
  resource: string,
  { container }: Spec,
): Change {
  switch (decision.action) {
    case "create":
      return { kind: "create", resource, details: [`image: ${shortImage(container.image)}`] };
    case "deploy":
    case "share":
      return { kind: "update", resource, details: decision.details };
    case "record":
      return { kind: "update", resource, details: [`record: ${decision.revision} serves already`] };
    case "keep":
      return { kind: "keep", resource, details: [] };
  }
}
