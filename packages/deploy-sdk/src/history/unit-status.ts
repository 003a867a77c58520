// Pure. A unit's status from what serves and from what is recorded.

import { servesWhole } from "../container/shares.ts";
import type { RecordName, ReleaseEntry } from "../engine/records.ts";
import type { Execution, LiveJob, LiveWorkload } from "../target.ts";
import type { UnitStatus } from "./history-types.ts";

type Serving = Omit<UnitStatus, "unit" | "kind" | "release" | "commit" | "dirty" | "since" | "by">;

export const absent: Serving = {
  state: "absent",
  version: undefined,
  url: undefined,
  traffic: [],
  message: undefined,
};

/** The newest record of success that put `version` there. */
export const recordOf = (records: readonly RecordName[], version: string | undefined): RecordName | undefined =>
  records.find((record) => record.status === "released" && record.version === version);

export function workloadServing(live: LiveWorkload<unknown> | undefined, records: readonly RecordName[]): Serving {
  if (!live) return absent;
  const version = servesWhole(live);
  const base = { version: version ?? live.latestReady, url: live.url, traffic: live.serving };
  const message = live.readiness.state === "ready" ? undefined : live.readiness.message;
  if (live.serving.length === 0 || live.latestReady === undefined)
    return { ...base, state: live.readiness.state === "failed" ? "failed" : "absent", message };
  if (version === undefined) return { ...base, state: "mixed", message: message ?? "several revisions share" };
  if (!recordOf(records, version))
    return { ...base, state: "drifted", message: message ?? "what serves is in no release record" };
  return { ...base, state: "serving", message };
}

export function jobServing(
  live: LiveJob | undefined,
  execution: Execution | undefined,
  records: readonly RecordName[],
): Serving {
  if (!live) return absent;
  const version = records.find(({ status }) => status === "released")?.version;
  const base = { version, url: undefined, traffic: [] };
  if (execution?.state === "failed") return { ...base, state: "failed", message: execution.message };
  if (version === undefined) return { ...base, state: "drifted", message: "no execution is in a release record" };
  return { ...base, state: "serving", message: undefined };
}

/** Of what is there or is not: an image, a site. */
export const versionServing = (version: string | undefined, url: string | undefined): Serving =>
  version === undefined ? absent : { ...absent, state: "serving", version, url };

export const withRecord = (
  unit: Pick<UnitStatus, "unit" | "kind">,
  serving: Serving,
  entry: ReleaseEntry | undefined,
): UnitStatus => ({
  ...unit,
  ...serving,
  url: serving.url ?? (entry?.status === "released" ? entry.outcome.url : undefined),
  release: entry?.releaseId,
  commit: entry?.commit.sha,
  dirty: entry?.commit.dirty ?? false,
  since: entry?.finishedAt,
  by: entry?.by,
});
