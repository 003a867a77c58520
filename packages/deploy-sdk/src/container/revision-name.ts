// Pure. Names of revisions are chosen here, so that the revision that was asked for is known before it exists.
import { shortReleaseId } from "../engine/release-id.ts";

const nameLimit = 63;

/** `<workload>-<release>-<n>`, where n tells attempts of one release apart. A long name is cut, as gcloud does. */
export function revisionName(workload: string, releaseId: string, existing: readonly string[]): string {
  const taken = new Set(existing);
  for (let attempt = 1; ; attempt += 1) {
    const suffix = `-${shortReleaseId(releaseId)}-${attempt}`;
    const name = `${workload.slice(0, nameLimit - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/** Labels of Google's resources are lower-case letters, digits, dashes and underscores, at most 63. */
export const releaseLabels = (releaseId: string, commit: string): Readonly<Record<string, string>> => ({
  "managed-by": "slipway",
  "slipway-release": releaseId.toLowerCase(),
  "slipway-commit": commit.toLowerCase().slice(0, nameLimit),
});
