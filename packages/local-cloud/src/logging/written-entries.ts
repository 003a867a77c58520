// Entries that clients write themselves, beside those of the containers. Bounded: the oldest go first.
import { isObject, type JsonObject } from "../json/json-object.ts";
import { logSeverities } from "../runtime/log-entry.ts";
import { GoogleError } from "../server/google-error.ts";
import type { Store } from "../store/types.ts";

/** An entry as the wire has it. https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
export type WireEntry = JsonObject & {
  readonly insertId: string;
  readonly timestamp: string;
  readonly logName: string;
};

export type WrittenEntries = {
  readonly write: (project: string, entries: readonly WireEntry[]) => void;
  readonly list: (project: string) => readonly WireEntry[];
};

const keptEntries = 10_000;
const maxEntryBytes = 256 * 1024;

export function createWrittenEntries(store: Store): WrittenEntries {
  const records = store.collection<WireEntry>("logging.entries");
  const key = (project: string): string => `${project}/${String(store.next("logging.entries")).padStart(15, "0")}`;
  return {
    write: (project, entries) => {
      const keyed = entries.map((entry) => ({ name: key(project), entry }));
      store.transaction(() => {
        for (const { name, entry } of keyed) records.put(name, entry);
        const surplus = records.count(`${project}/`) - keptEntries;
        if (surplus <= 0) return;
        for (const { name } of records.list({ prefix: `${project}/`, limit: surplus })) records.delete(name);
      });
    },
    list: (project) => records.list({ prefix: `${project}/` }).map(({ document }) => document),
  };
}

type Defaults = {
  readonly logName: unknown;
  readonly resource: unknown;
  readonly labels: unknown;
  readonly now: Date;
  readonly newId: () => string;
};

const logNamePattern = /^projects\/([a-z][a-z0-9-]{0,61})\/logs\/[^/\s]{1,511}$/;

export const projectOfLog = ({ logName }: WireEntry): string => logNamePattern.exec(logName)?.[1] ?? "";

/** One entry of `entries:write`, with what the request says for all of them. @throws {GoogleError} INVALID_ARGUMENT. */
export function parseEntry(entry: unknown, defaults: Defaults): WireEntry {
  if (!isObject(entry)) throw invalid("An entry must be an object.");
  if (JSON.stringify(entry).length > maxEntryBytes) throw invalid("An entry has at most 256 KiB.");
  const { logName = defaults.logName, resource = defaults.resource, severity = "DEFAULT" } = entry;
  if (typeof logName !== "string" || !logNamePattern.test(logName))
    throw invalid("logName must be projects/P/logs/ID.");
  if (!isObject(resource) || typeof resource["type"] !== "string") throw invalid("resource.type is required.");
  const given = typeof severity === "number" ? logSeverities[severity / 100] : severity;
  if (!logSeverities.some((known) => known === given)) throw invalid("Unknown severity.");
  const { timestamp = defaults.now.toISOString(), insertId = defaults.newId() } = entry;
  if (typeof timestamp !== "string" || Number.isNaN(Date.parse(timestamp))) throw invalid("Invalid timestamp.");
  const labels = {
    ...(isObject(defaults.labels) && defaults.labels),
    ...(isObject(entry["labels"]) && entry["labels"]),
  };
  return {
    ...entry,
    ...{ logName, resource, severity: given, timestamp, insertId: String(insertId), labels },
    receiveTimestamp: defaults.now.toISOString(),
  };
}

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);
