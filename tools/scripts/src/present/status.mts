// What serves, and what was released, as tables. Pure.
import type { ReleaseSummary, UnitStatus } from "@slipway/deploy-sdk";
import { shortVersion } from "./format.mts";

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<readonly number[]>(
    (found, row) => row.map((cell, index) => Math.max(found[index] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const commitText = (commit: string | undefined, dirty: boolean): string =>
  commit ? `${commit.slice(0, 12)}${dirty ? "+" : ""}` : "-";
const timeText = (time: string | undefined): string => (time ? `${time.slice(0, 16).replace("T", " ")}Z` : "-");

const trafficText = ({ traffic }: UnitStatus): string =>
  traffic
    .map(({ revision, percent, tag }) => `${percent}% ${revision ?? "newest"}${tag ? ` (${tag})` : ""}`)
    .join(", ");

export function statusText(units: readonly UnitStatus[]): string {
  const rows = units.map((status) => [
    status.unit,
    status.state,
    shortVersion(status.version ?? "-"),
    commitText(status.commit, status.dirty),
    timeText(status.since),
    status.url ?? trafficText(status),
  ]);
  const messages = units.flatMap(({ unit, message }) => (message ? [`${unit}: ${message}`] : []));
  const splits = units
    .filter(({ traffic }) => traffic.length > 1)
    .map((status) => `${status.unit}: ${trafficText(status)}`);
  return [table([["unit", "state", "version", "commit", "since", "address"], ...rows]), ...splits, ...messages].join(
    "\n",
  );
}

/** `api`, `api failed`, `api back to 20261121T101530Z-9f2c`. */
const entryText = ({ unit, status, rollbackTo }: ReleaseSummary["entries"][number]): string =>
  [unit, ...(status === "released" ? [] : [status]), ...(rollbackTo ? ["back to", rollbackTo] : [])].join(" ");

export const historyText = (releases: readonly ReleaseSummary[]): string =>
  releases.length === 0
    ? "no release yet"
    : table([
        ["release", "at", "commit", "by", "units"],
        ...releases.map(({ releaseId, at, commit, dirty, by, entries }) => [
          releaseId,
          timeText(at),
          commitText(commit, dirty),
          by,
          entries.map(entryText).join(", "),
        ]),
      ]);
