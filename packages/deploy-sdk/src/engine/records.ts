// Release records: one object for each unit of a release, named so that one listing finds the newest of a unit.
//
//     releases/<unit>/<13 digits that fall with time>-<release id>.<released|failed>.json
//
// The version is in the object's metadata too, so that a listing tells whether what is live has been recorded.
import type { UnitKind } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { Call, StateStore, StoredEntry } from "../target.ts";
import type { Change, Commit, UnitOutcome } from "../types.ts";
import { newestFirst } from "./release-id.ts";

/** What one release did to one unit. Written once; a further attempt of the same release replaces it. */
export type ReleaseEntry = {
  readonly format: 1;
  readonly releaseId: string;
  readonly environment: string;
  readonly unit: string;
  readonly kind: UnitKind;
  readonly commit: Commit;
  readonly by: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly changes: readonly Change[];
  /** Of the release that this one goes back to. */
  readonly rollbackTo?: string;
} & (
  | { readonly status: "released"; readonly outcome: UnitOutcome }
  | { readonly status: "failed"; readonly code: string; readonly message: string; readonly rolledBack: boolean }
);

/** A record as its listing shows it. */
export type RecordName = {
  readonly object: string;
  readonly generation: string;
  readonly unit: string;
  readonly releaseId: string;
  readonly status: "released" | "failed";
  /** The outcome's version; empty where it failed. */
  readonly version: string;
};

const unitPrefix = (unit: string): string => `releases/${unit}/`;
const objectOf = ({ unit, releaseId, status }: Pick<ReleaseEntry, "unit" | "releaseId" | "status">): string =>
  `${unitPrefix(unit)}${newestFirst(releaseId)}.${status}.json`;
const objectName = /^releases\/([^/]+)\/\d{13}-([^./]+)\.(released|failed)\.json$/;

/** Records of a unit, newest first, at most 1000. */
export async function listRecords(state: StateStore, unit: string, call: Call): Promise<readonly RecordName[]> {
  const entries = await state.list(unitPrefix(unit), call);
  return entries.flatMap(parseRecordName);
}

function parseRecordName({ name, generation, metadata }: StoredEntry): readonly RecordName[] {
  const [, unit, releaseId, status] = objectName.exec(name) ?? [];
  if (!unit || !releaseId || (status !== "released" && status !== "failed")) return [];
  return [{ object: name, generation, unit, releaseId, status, version: metadata["version"] ?? "" }];
}

/** The newest record of `unit` that succeeded. */
export const newestReleased = (records: readonly RecordName[]): RecordName | undefined =>
  records.find(({ status }) => status === "released");

/** @throws {DeployError} `corrupt-state` */
export async function readRecord(state: StateStore, object: string, call: Call): Promise<ReleaseEntry> {
  const { value } = await state.read(object, call);
  if (isEntry(value)) return value;
  throw new DeployError("corrupt-state", {
    subject: `record "${object}"`,
    message: value !== undefined ? "is not a release record" : "was removed while it was read",
    hint: "remove the object, or deploy again: the next record takes its place",
  });
}

const isEntry = (value: unknown): value is ReleaseEntry =>
  typeof value === "object" &&
  value !== null &&
  "format" in value &&
  value.format === 1 &&
  "unit" in value &&
  "releaseId" in value &&
  "status" in value &&
  (value.status === "failed" || "outcome" in value);

/** Writes a record. A second attempt of the same release takes the place of its first. */
export async function writeRecord(state: StateStore, entry: ReleaseEntry, call: Call): Promise<void> {
  const name = objectOf(entry);
  const metadata = { version: entry.status === "released" ? entry.outcome.version : "" };
  for (let ifGeneration = "0"; ; ) {
    if ((await state.write({ name, value: entry, ifGeneration, metadata }, call)) !== undefined) return;
    ({ generation: ifGeneration } = await state.read(name, call));
  }
}
