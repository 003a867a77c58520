// Pure. Who gets which share of a workload, and how it is told.
import type { LiveWorkload, Share } from "../target.ts";

/** The tag under which a new revision is tried before it gets traffic. */
export const candidateTag = "next";

/** A tag and its service's name together: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const tagLimit = 46;
export const canBeTagged = (service: string): boolean => candidateTag.length + service.length <= tagLimit;

/**
 * The shares as they serve now, with every one of them named: a new revision must not get any by itself. Where none are set,
 * the newest ready one has everything.
 */
export function pinnedShares({ shares, latestReady }: LiveWorkload<unknown>): readonly Share[] {
  const set = shares.some(({ percent }) => percent > 0) ? shares : [{ revision: undefined, percent: 100 }, ...shares];
  return foreign(set).flatMap(({ revision = latestReady, percent, tag }): readonly Share[] =>
    revision === undefined ? [] : [{ revision, percent, ...(tag !== undefined && { tag }) }],
  );
}

/** Everything to one revision. Tags that others have set stay, without a share. */
export const sharesFor = (revision: string, live: LiveWorkload<unknown> | undefined): readonly Share[] => [
  { revision, percent: 100 },
  ...foreign(live?.shares ?? [])
    .filter(({ tag }) => tag !== undefined)
    .map((share) => ({ revision: share.revision, percent: 0, ...(share.tag !== undefined && { tag: share.tag }) })),
];

const foreign = (shares: readonly Share[]): readonly Share[] => shares.filter(({ tag }) => tag !== candidateTag);

/** The one revision that has every share; undefined: several have, or none. */
export function servesWhole({
  serving,
  latestReady,
}: Pick<LiveWorkload<unknown>, "serving" | "latestReady">): string | undefined {
  const sharing = new Set(serving.filter(({ percent }) => percent > 0).map(({ revision }) => revision ?? latestReady));
  return sharing.size === 1 ? [...sharing][0] : undefined;
}

const key = ({ revision, percent, tag }: Share): string => `${revision ?? ""} ${percent} ${tag ?? ""}`;
/** The same shares in any order; addresses of tags are not compared. */
export const sameShares = (left: readonly Share[], right: readonly Share[]): boolean =>
  left.map(key).toSorted().join("\n") === right.map(key).toSorted().join("\n");

/** `api-a 50 %, api-b 50 %` */
export const describeShares = (shares: readonly Share[]): string =>
  shares
    .filter(({ percent, tag }) => percent > 0 || tag !== undefined)
    .map(
      ({ revision = "newest", percent, tag }) => `${revision} ${percent} %${tag === undefined ? "" : ` (tag ${tag})`}`,
    )
    .join(", ") || "none";
