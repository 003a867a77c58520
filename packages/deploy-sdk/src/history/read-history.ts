// What was released, by whom and from what: read from the records, newest first.
import { listRecords, type RecordName, type ReleaseEntry, readRecord } from "../engine/records.ts";
import { selectUnits } from "../engine/release.ts";
import { releaseTimeMs } from "../engine/release-id.ts";
import type { InspectOptions, ReleaseSummary } from "./history-types.ts";

/**
 * The newest `limit` releases, newest first; of one unit where `unit` is given.
 * @throws {DeployError} `usage` for a unit that the stack does not have
 */
export async function readHistory(
  options: InspectOptions & { readonly unit?: string; readonly limit: number },
): Promise<readonly ReleaseSummary[]> {
  const { stack, target, signal, unit, limit } = options;
  const call = { signal, subject: `history of ${stack.environment.name}` };
  const units = selectUnits(stack.units, unit === undefined ? undefined : [unit]);
  const names = (await Promise.all(units.map(({ name }) => listRecords(target.state, name, call)))).flat();
  const releases = [...Map.groupBy(names, ({ releaseId }) => releaseId)]
    .toSorted(([a], [b]) => releaseTimeMs(b) - releaseTimeMs(a))
    .slice(0, limit);
  return Promise.all(
    releases.map(async ([releaseId, records]) =>
      summaryOf(
        releaseId,
        await Promise.all(latestOf(records).map(({ object }) => readRecord(target.state, object, call))),
      ),
    ),
  );
}

/** A unit that failed and then succeeded in one release has two records: the success counts. */
const latestOf = (records: readonly RecordName[]): readonly RecordName[] =>
  records.filter(
    ({ unit, status }) =>
      status === "released" || !records.some((other) => other.unit === unit && other.status === "released"),
  );

function summaryOf(releaseId: string, entries: readonly ReleaseEntry[]): ReleaseSummary {
  const [first] = entries;
  return {
    releaseId,
    at: new Date(releaseTimeMs(releaseId)).toISOString(),
    commit: first?.commit.sha ?? "",
    dirty: entries.some(({ commit }) => commit.dirty),
    by: first?.by ?? "",
    entries: entries.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)),
  };
}
