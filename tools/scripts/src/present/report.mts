// What a release did, in the end. Pure.
import type { ProvisionReport, ReleaseReport } from "@slipway/deploy-sdk";
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

export function provisionSummary({ mode, changes, done, failures, skipped, problems }: ProvisionReport): string {
  const wanted = changes.filter(({ kind }) => kind !== "keep").length;
  const required = problems.filter(({ severity }) => severity === "required").length;
  const asks = required > 0 ? `; ${required} left for a person, see above` : "";
  if (mode === "plan") return `${wanted === 0 ? "nothing would change" : `${wanted} would change`}${asks}`;
  const undone = failures.length + skipped.length;
  return `${done.length === 0 && undone === 0 ? "nothing to do" : `${done.length} done${undone > 0 ? `, ${undone} not done` : ""}`}${asks}`;
}
