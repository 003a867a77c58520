// Pure. Names of revisions are chosen here, so that the revision that was asked for is known before it exists.
import { shortReleaseId } from "../engine/release-id.ts";

const nameLimit = 63;

/**
 * `<workload>-<release>-<n>`, where n tells attempts of one release apart. A long name is cut, as gcloud does.
 * @param existing names of some revisions that exist, the newest among them: n is above all of theirs, for the attempts
 * before may exist too, and Cloud Run refuses a name that is taken.
 */
export function revisionName(workload: string, releaseId: string, existing: readonly string[]): string {
  const release = `-${shortReleaseId(releaseId)}-`;
  const attempts = existing.map((name) => Number(name.split(release)[1] ?? 0)).filter(Number.isInteger);
  const suffix = `${release}${Math.max(0, ...attempts) + 1}`;
  return `${workload.slice(0, nameLimit - suffix.length)}${suffix}`;
}

/** Labels of Google's resources are lower-case letters, digits, dashes and underscores, at most 63. */
export const releaseLabels = (releaseId: string, commit: string): Readonly<Record<string, string>> => ({
  "managed-by": "slipway",
  "slipway-release": releaseId.toLowerCase(),
  "slipway-commit": commit.toLowerCase().slice(0, nameLimit),
});
