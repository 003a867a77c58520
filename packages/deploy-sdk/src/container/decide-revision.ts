// Pure. What to do with something that has revisions, as a truth table:
//
//     exists  what serves whole is as wanted  a candidate is as wanted  shares   recorded   →
//     no      –                               –                         –        –          create
//     yes     yes                             –                         as set   yes        keep
//     yes     yes                             –                         as set   no         record
//     yes     yes                             –                         other    –          share, to what serves
//     yes     no                              yes, and ready            –        –          share, to the candidate
//     yes     no                              no, or failed             –        –          deploy
//
// "As set" is every share on that revision by name. With force, what exists is deployed anew.
import type { JobSpec, LiveRevision, LiveWorkload, ServiceSpec, Share, WorkerSpec } from "../target.ts";
import { sameSpec, specChanges } from "./compare-specs.ts";
import { describeShares, sameShares, servesWhole, sharesFor } from "./shares.ts";

export type RevisionQuestion<Spec> = {
  readonly live: LiveWorkload<Spec> | undefined;
  readonly wanted: Spec;
  readonly volatile: readonly string[];
  /** Revisions that may be used as they are: the one that serves, the newest, or the one to go back to. */
  readonly candidates: readonly LiveRevision<Spec>[];
  /** Version in the newest record of success. */
  readonly recorded: string | undefined;
  readonly force: boolean;
};

export type RevisionDecision =
  | { readonly action: "create" }
  | { readonly action: "deploy"; readonly details: readonly string[] }
  | { readonly action: "share"; readonly revision: string; readonly details: readonly string[] }
  | { readonly action: "record" | "keep"; readonly revision: string };

export function decideRevision<Spec extends ServiceSpec | WorkerSpec | JobSpec>(
  question: RevisionQuestion<Spec>,
): RevisionDecision {
  const { live, wanted, volatile, candidates, recorded, force } = question;
  if (!live) return { action: "create" };
  const usable = candidates.filter(
    ({ spec, readiness }) => readiness.state === "ready" && sameSpec(spec, wanted, volatile),
  );
  const whole = servesWhole(live);
  const chosen = usable.find(({ name }) => name === whole) ?? usable[0];
  if (force || !chosen) return { action: "deploy", details: deployDetails(question, live, whole) };
  const shares = sharesFor(chosen.name, live);
  if (!sameShares(live.shares, shares) || chosen.name !== whole)
    return { action: "share", revision: chosen.name, details: [shareDetail(live.shares, shares)] };
  return { action: recorded === chosen.name ? "keep" : "record", revision: chosen.name };
}

function deployDetails<Spec extends ServiceSpec | WorkerSpec | JobSpec>(
  { wanted, volatile, candidates }: RevisionQuestion<Spec>,
  live: LiveWorkload<Spec>,
  whole: string | undefined,
): readonly string[] {
  const before = candidates.find(({ name }) => name === whole)?.spec ?? live.spec;
  const changes = specChanges(before, wanted, volatile);
  const split =
    whole === undefined && live.serving.length > 0
      ? [`traffic: ${describeShares(live.serving)} → the new revision 100 %`]
      : [];
  return changes.length + split.length > 0 ? [...changes, ...split] : ["a new revision of the same"];
}

const shareDetail = (before: readonly Share[], after: readonly Share[]): string =>
  `traffic: ${describeShares(before)} → ${describeShares(after)}`;
