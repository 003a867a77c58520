// Pure. Which revisions get a service's requests, in which shares, and under which tags.
import { GoogleError } from "../server/google-error.ts";
import type { AllocationType, TrafficTarget, TrafficTargetStatus } from "./model.ts";

const latest: AllocationType = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
const byRevision: AllocationType = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/** Where a service says nothing: all to the latest revision that is ready. */
export const defaultTraffic: readonly TrafficTarget[] = [{ type: latest, percent: 100 }];

export const isLatest = ({ type, revision }: TrafficTarget): boolean =>
  type === latest || (type !== byRevision && !revision);

/** One form: the type is always said, a revision is a short name, zero percent is left out. */
export const normalizeTraffic = (targets: readonly TrafficTarget[]): readonly TrafficTarget[] =>
  (targets.length === 0 ? defaultTraffic : targets).map((target) => ({
    type: isLatest(target) ? latest : byRevision,
    ...(!isLatest(target) &&
      target.revision && { revision: target.revision.slice(target.revision.lastIndexOf("/") + 1) }),
    ...(target.percent && { percent: target.percent }),
    ...(target.tag && { tag: target.tag }),
  }));

const tagPattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
/** Of tag and service's name together: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const maxTagAndService = 46;

const problemsOf = (targets: readonly TrafficTarget[], service: string): readonly string[] => {
  const sum = targets.reduce((total, { percent = 0 }) => total + percent, 0);
  const tags = targets.flatMap(({ tag }) => tag ?? []);
  return [
    ...(targets.some(({ percent = 0 }) => percent < 0 || percent > 100)
      ? ["Traffic percentages must be between 0 and 100."]
      : []),
    ...(sum === 100 ? [] : [`Traffic targets must sum to 100, got ${sum}.`]),
    ...tags
      .filter((tag) => !tagPattern.test(tag))
      .map(
        (tag) =>
          `Traffic tag ${JSON.stringify(tag.slice(0, 100))} must be lower-case letters, digits and dashes, and start with a letter.`,
      ),
    ...tags
      .filter((tag) => tag.length + service.length > maxTagAndService)
      .map(
        (tag) =>
          `Traffic tag ${JSON.stringify(tag)} and the service's name are longer than ${maxTagAndService} characters together.`,
      ),
    ...tags
      .filter((tag, index) => tags.indexOf(tag) !== index)
      .map((tag) => `Traffic tag ${JSON.stringify(tag)} is given more than once.`),
  ];
};

/**
 * Refuses what can never be served. Whether the revisions exist is found out afterwards, as on Google.
 * @throws {GoogleError} INVALID_ARGUMENT
 */
export function checkTraffic(targets: readonly TrafficTarget[], service: string): void {
  const [problem] = problemsOf(targets, service);
  if (problem !== undefined) throw new GoogleError("INVALID_ARGUMENT", problem);
}

/** What is served once `latestReady` is ready; a target without a revision serves nobody and is left out. */
export const resolveTraffic = (
  targets: readonly TrafficTarget[],
  latestReady: string | undefined,
  uriOfTag: (tag: string) => string,
): readonly TrafficTargetStatus[] =>
  targets.flatMap(({ percent, tag, ...target }) => {
    const revision = isLatest(target) ? latestReady : target.revision;
    if (revision === undefined) return [];
    const type = isLatest(target) ? latest : byRevision;
    return { type, revision, ...(percent && { percent }), ...(tag && { tag, uri: uriOfTag(tag) }) };
  });

export type WeightedRevision = { readonly revision: string; readonly percent: number };

/** Shares by revision; a revision that is named twice has their sum. */
export function revisionShares(statuses: readonly TrafficTargetStatus[]): readonly WeightedRevision[] {
  const shares = new Map<string, number>();
  for (const { revision = "", percent = 0 } of statuses) shares.set(revision, (shares.get(revision) ?? 0) + percent);
  return [...shares].filter(([, percent]) => percent > 0).map(([revision, percent]) => ({ revision, percent }));
}

/** @param random from 0 to 1 */
export function pickRevision(shares: readonly WeightedRevision[], random: number): string | undefined {
  let left = random * shares.reduce((sum, { percent }) => sum + percent, 0);
  for (const { revision, percent } of shares) {
    left -= percent;
    if (left < 0) return revision;
  }
  return shares.at(-1)?.revision;
}
