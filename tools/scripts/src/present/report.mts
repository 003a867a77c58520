// What a release did, in the end. Pure.
import type { ReleaseReport } from "@slipway/deploy-sdk";
import { formatDuration } from "./format.mts";

/** One line: `local: 5 units as they should be, nothing to do (0.4 s)`. */
export function reportSummary({ environment, mode, results, done, notDone, tookMs }: ReleaseReport): string {
  const took = formatDuration(tookMs);
  const changed = results.filter(({ status }) => status === "released").length;
  if (mode === "plan") {
    const planned = results.filter(({ status }) => status === "planned").length;
    return `${environment}: ${planned} of ${results.length} units would change; nothing was changed (${took})`;
  }
  if (notDone.length > 0)
    return `${environment}: done ${done.join(", ") || "nothing"}; not done ${notDone.join(", ")} (${took})`;
  return `${environment}: ${changed === 0 ? "nothing to do" : `${changed} released`}, ${done.length} as they should be (${took})`;
}
