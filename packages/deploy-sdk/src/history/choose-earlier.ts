// Pure. Which release a rollback goes back to.
import type { RecordName } from "../engine/records.ts";
import { releaseTimeMs } from "../engine/release-id.ts";

/**
 * The newest release that succeeded before the one that serves, and that is another version. What serves because of a
 * rollback counts as old as the release that it went back to: a second rollback goes further back, not forth again.
 */
export function chooseEarlier(
  /** Newest first. */
  records: readonly RecordName[],
  serving: { readonly version: string | undefined; readonly releasedBy: string | undefined },
): RecordName | undefined {
  const before = serving.releasedBy === undefined ? Number.POSITIVE_INFINITY : releaseTimeMs(serving.releasedBy);
  return records.find(
    ({ status, releaseId, version }) =>
      status === "released" && version !== serving.version && releaseTimeMs(releaseId) < before,
  );
}
