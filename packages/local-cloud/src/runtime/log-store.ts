// What containers and the platform wrote, durable and bounded, one folder a service, job or worker pool. The façade of
// Cloud Logging and the commands read it here.
import { EventEmitter } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  type LogEntry,
  type LogPayload,
  type LogResource,
  type LogSource,
  type LogStream,
  logIds,
} from "./log-entry.ts";
import { type LogLimits, type LogSegments, openLogSegments } from "./log-segments.ts";

export type LogQuery = {
  readonly project: string;
  readonly type?: LogResource["type"];
  readonly location?: string;
  /** Of the service, job or worker pool. */
  readonly name?: string;
  readonly where?: (entry: LogEntry) => boolean;
};

export type LogStore = {
  /** Written within the same turn of the event loop; a killed process loses at most that turn. */
  readonly append: (source: LogSource, stream: LogStream, payload: LogPayload) => LogEntry;
  /** The newest `limit` entries that match, in ascending order of time. */
  readonly read: (query: LogQuery, limit: number) => readonly LogEntry[];
  /** Entries written from now on, until the signal. A reader that falls more than 10,000 entries behind loses the oldest. */
  readonly follow: (query: LogQuery, signal: AbortSignal) => AsyncIterableIterator<LogEntry>;
  readonly close: () => void;
};

export type LogStoreOptions = {
  readonly dir: string;
  readonly now: () => Date;
  readonly limits?: LogLimits;
};

/** At most 16 MiB for each resource. */
const defaultLimits: LogLimits = { segmentBytes: 4 * 2 ** 20, segments: 4 };
const followBuffer = 10_000;

const nameLabels = {
  cloud_run_revision: "service_name",
  cloud_run_job: "job_name",
  cloud_run_worker_pool: "worker_pool_name",
};
const segmentPattern = /^[a-z0-9][a-z0-9:.-]*$/;

/** Folder of a resource under the store's: `P/cloud_run_revision/L/S`. Names come from requests, so they are checked here too. */
const resourceDir = ({ project, resource }: LogSource): string => {
  const parts = [project, resource.labels["location"] ?? "", resource.labels[nameLabels[resource.type]] ?? ""];
  if (!parts.every((part) => segmentPattern.test(part)))
    throw new TypeError(`not a log's resource: ${parts.join("/")}`);
  const [, location = "", name = ""] = parts;
  return join(project, resource.type, location, name);
};

const subfolders = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

const selectDirs = (root: string, { project, type, location, name }: LogQuery): readonly string[] => {
  const pick = (dirs: readonly string[], only: string | undefined) =>
    dirs.flatMap((dir) =>
      subfolders(join(root, dir))
        .filter((child) => only === undefined || child === only)
        .map((child) => join(dir, child)),
    );
  if (!segmentPattern.test(project)) return [];
  return pick(pick(pick([project], type), location), name);
};

const matches = ({ project, type, location, name, where }: LogQuery, entry: LogEntry): boolean =>
  entry.logName.startsWith(`projects/${project}/logs/`) &&
  (type === undefined || entry.resource.type === type) &&
  (location === undefined || entry.resource.labels["location"] === location) &&
  (name === undefined || entry.resource.labels[nameLabels[entry.resource.type]] === name) &&
  (where === undefined || where(entry));

const byWriting = (a: LogEntry, b: LogEntry): number =>
  a.insertId < b.insertId ? -1 : a.insertId > b.insertId ? 1 : 0;

/** The newest entries of one resource, ascending: segments are read from the newest, no more of them than needed. */
const readNewest = (segments: LogSegments, query: LogQuery, limit: number): readonly LogEntry[] => {
  const found: LogEntry[][] = [];
  let count = 0;
  for (const number of segments.numbers().toReversed()) {
    if (count >= limit) break;
    const entries = segments.read(number).filter((entry) => matches(query, entry));
    found.unshift(entries);
    count += entries.length;
  }
  return found.flat().slice(-limit);
};

/** A full disk, or a folder that was just removed, loses lines: it must not end the cloud. */
const writeQuietly = (segments: LogSegments, lines: string): void => {
  try {
    segments.append(lines);
  } catch {
    // What the containers wrote is lost; they themselves go on.
  }
};

export function createLogStore({ dir, now, limits = defaultLimits }: LogStoreOptions): LogStore {
  const opened = new Map<string, LogSegments>();
  const pending = new Map<string, string[]>();
  const appended = new EventEmitter<{ entry: [LogEntry] }>().setMaxListeners(0);
  let sequence = 0;
  let scheduled: NodeJS.Immediate | undefined;

  const open = (name: string): LogSegments => {
    const segments = opened.get(name) ?? openLogSegments(join(dir, name), limits);
    opened.set(name, segments);
    return segments;
  };
  const flush = (): void => {
    clearImmediate(scheduled);
    scheduled = undefined;
    const batches = [...pending];
    pending.clear();
    for (const [name, lines] of batches) writeQuietly(open(name), lines.join(""));
  };
  const nextId = (at: Date): string => {
    sequence += 1;
    return `${at.getTime().toString(36).padStart(9, "0")}-${sequence.toString(36).padStart(8, "0")}`;
  };

  return {
    append: (source, stream, payload) => {
      const at = now();
      const entry: LogEntry = {
        insertId: nextId(at),
        timestamp: at.toISOString(),
        logName: `projects/${source.project}/logs/${encodeURIComponent(logIds[stream])}`,
        resource: source.resource,
        ...payload,
        labels: { ...source.labels, ...payload.labels },
      };
      const name = resourceDir(source);
      const lines = pending.get(name) ?? [];
      lines.push(`${JSON.stringify(entry)}\n`);
      pending.set(name, lines);
      scheduled ??= setImmediate(flush);
      appended.emit("entry", entry);
      return entry;
    },
    read: (query, limit) => {
      flush();
      const entries = selectDirs(dir, query).flatMap((name) => readNewest(open(name), query, limit));
      return entries.sort(byWriting).slice(-limit);
    },
    follow: (query, signal) => followEntries(appended, query, signal),
    close: flush,
  };
}

/** Listens from the call on, not from the first `next()`, so that nothing between the two is missed. */
function followEntries(
  appended: EventEmitter<{ entry: [LogEntry] }>,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterableIterator<LogEntry> {
  const queue: LogEntry[] = [];
  let wake = (): void => {};
  const onEntry = (entry: LogEntry): void => {
    if (!matches(query, entry)) return;
    if (queue.length >= followBuffer) queue.shift();
    queue.push(entry);
    wake();
  };
  appended.on("entry", onEntry);
  signal.addEventListener(
    "abort",
    () => {
      appended.off("entry", onEntry);
      wake();
    },
    { once: true },
  );
  async function* drain(): AsyncGenerator<LogEntry> {
    try {
      while (!signal.aborted) {
        const entry = queue.shift();
        if (entry !== undefined) yield entry;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      appended.off("entry", onEntry);
    }
  }
  return drain();
}
