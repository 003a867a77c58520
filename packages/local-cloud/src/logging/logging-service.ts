// Cloud Logging v2, as far as logs are read: https://cloud.google.com/logging/docs/reference/v2/rest
import { randomBytes } from "node:crypto";
import { matchesFilter, type Rank } from "../filter/match-filter.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import type { JsonObject } from "../json/json-object.ts";
import { jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { logSeverities } from "../runtime/log-entry.ts";
import type { LogStore } from "../runtime/log-store.ts";
import { GoogleError } from "../server/google-error.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudContext, CloudService } from "../server/types.ts";
import {
  createWrittenEntries,
  parseEntry,
  projectOfLog,
  type WireEntry,
  type WrittenEntries,
} from "./written-entries.ts";

type LoggingOptions = { readonly logs: Pick<LogStore, "read">; readonly projects: Projects };

/** Entries that one list looks through, the newest. */
const searchedEntries = 100_000;
const pages = { size: 50, max: 1_000 };
const maxWritten = 1_000;

export function createLogging(context: CloudContext, { logs, projects }: LoggingOptions): CloudService {
  const written = createWrittenEntries(context.store);
  return {
    api: "logging.googleapis.com",
    ignoredFields: [{ field: "WriteLogEntriesRequest.partialSuccess", why: "entries are written all or none" }],
    routes: [
      jsonRoute(
        { method: "POST", template: "/v2/entries:list", rpc: "logging.entries.list", write: false },
        ({ principal }, body) => {
          const names = parseProjects(body).map((id) => projects.resolve(id).projectId);
          for (const id of names) context.authorize(principal, "logging.logEntries.list", `projects/${id}`);
          return listEntries(logs, written, names, body);
        },
      ),
      jsonRoute(
        { method: "POST", template: "/v2/entries:write", rpc: "logging.entries.write" },
        ({ principal }, body) => {
          const entries = parseEntries(body, context.now());
          for (const id of new Set(entries.map(projectOfLog))) {
            context.authorize(principal, "logging.logEntries.create", `projects/${id}`);
          }
          if (body["dryRun"] === true) return {};
          for (const [id, own] of Map.groupBy(entries, projectOfLog)) written.write(id, own);
          return {};
        },
      ),
      ...(
        [
          ["POST", "/v2/entries:tail", "logging.entries.tail"],
          ["POST", "/v2/entries:copy", "logging.entries.copy"],
          ["GET", "/v2/{parent=projects/*}/logs", "logging.projects.logs.list"],
          ["DELETE", "/v2/{logName=projects/*/logs/*}", "logging.projects.logs.delete"],
        ] as const
      ).map(([method, template, rpc]) => notImplemented({ method, template, rpc })),
    ],
  };
}

function parseProjects({ resourceNames = [], projectIds = [] }: JsonObject): readonly string[] {
  if (!Array.isArray(resourceNames) || !Array.isArray(projectIds) || resourceNames.length + projectIds.length > 100) {
    throw new GoogleError("INVALID_ARGUMENT", "resourceNames must be a list of at most 100 names.");
  }
  const named = resourceNames.map((name) => {
    const project = /^projects\/([^/]+)$/.exec(String(name))?.[1];
    if (project !== undefined) return project;
    throw new GoogleError("UNIMPLEMENTED", "The local cloud lists the entries of whole projects only.");
  });
  const all = [...new Set([...named, ...projectIds.map(String)])];
  if (all.length === 0) throw new GoogleError("INVALID_ARGUMENT", "resourceNames is required.");
  return all;
}

const rankSeverity: Rank = (path, value) => {
  if (path.length !== 1 || path[0] !== "severity") return undefined;
  const place = (logSeverities as readonly string[]).indexOf(value.toUpperCase());
  return place < 0 ? undefined : place;
};

function listEntries(
  logs: Pick<LogStore, "read">,
  written: WrittenEntries,
  projects: readonly string[],
  body: JsonObject,
): JsonObject {
  const filter = parseFilter(String(body["filter"] ?? ""));
  const matches = (entry: object): boolean => matchesFilter(filter, entry, rankSeverity);
  const found = projects.flatMap((project): readonly WireEntry[] => [
    ...logs.read({ project, where: matches }, searchedEntries).map((entry) => ({ ...entry })),
    ...written.list(project).filter(matches),
  ]);
  const newestFirst = parseOrder(body["orderBy"]);
  const sorted = found.toSorted((one, other) => (orderKey(one) < orderKey(other) ? -1 : 1));
  const { pageSize, pageToken } = body;
  const { items, nextPageToken } = takePage(
    newestFirst ? sorted.toReversed() : sorted,
    orderKey,
    { pageSize, pageToken },
    pages,
  );
  return { ...(items.length > 0 && { entries: items }), ...(nextPageToken && { nextPageToken }) };
}

const orderKey = ({ timestamp, insertId }: WireEntry): string => `${timestamp} ${insertId}`;

function parseOrder(orderBy: unknown): boolean {
  const order = String(orderBy ?? "").trim() || "timestamp asc";
  if (order === "timestamp" || order === "timestamp asc") return false;
  if (order === "timestamp desc") return true;
  throw new GoogleError("INVALID_ARGUMENT", 'orderBy must be "timestamp asc" or "timestamp desc".');
}

function parseEntries(body: JsonObject, now: Date): readonly WireEntry[] {
  const { entries, logName, resource, labels } = body;
  if (!Array.isArray(entries) || entries.length > maxWritten) {
    throw new GoogleError("INVALID_ARGUMENT", `entries must be a list of at most ${maxWritten}.`);
  }
  const newId = (): string => randomBytes(8).toString("hex");
  return entries.map((entry) => parseEntry(entry, { logName, resource, labels, now, newId }));
}
