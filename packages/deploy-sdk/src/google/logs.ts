// Cloud Logging: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
import type { LogLine, LogQuery, LogTarget } from "../target.ts";
import type { Transport } from "./transport.ts";

type EntryJson = {
  readonly insertId?: string;
  readonly timestamp?: string;
  readonly severity?: string;
  readonly textPayload?: string;
  readonly jsonPayload?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly resource?: { readonly labels?: Readonly<Record<string, string>> };
};

const resources = {
  service: { type: "cloud_run_revision", name: "service_name", source: "resource.labels.revision_name" },
  worker: { type: "cloud_run_worker_pool", name: "worker_pool_name", source: "resource.labels.revision_name" },
  job: { type: "cloud_run_job", name: "job_name", source: 'labels."run.googleapis.com/execution_name"' },
} as const satisfies Record<LogQuery["kind"], object>;

/** Values are quoted as JSON, which the filter language reads. */
export function logFilter({ kind, name, source, since, platform }: LogQuery, project: string): string {
  const resource = resources[kind];
  return [
    `resource.type=${JSON.stringify(resource.type)}`,
    `resource.labels.${resource.name}=${JSON.stringify(name)}`,
    ...(source === undefined ? [] : [`${resource.source}=${JSON.stringify(source)}`]),
    // https://cloud.google.com/run/docs/logging#types
    ...(platform ? [`logName="projects/${project}/logs/run.googleapis.com%2Fvarlog%2Fsystem"`] : []),
    ...(since === undefined ? [] : [`timestamp>=${JSON.stringify(since)}`]),
  ].join(" AND ");
}

export const createLogs = (project: string, transport: Transport): LogTarget => ({
  read: async (query, call) => {
    const response = await transport.request({
      api: "logging",
      method: "POST",
      path: "/v2/entries:list",
      json: {
        resourceNames: [`projects/${project}`],
        filter: logFilter(query, project),
        orderBy: "timestamp desc",
        pageSize: query.limit,
      },
      // A read that is a POST for the length of its filter.
      idempotent: true,
      ...call,
    });
    const { entries = [] } = await response.json<{ readonly entries?: readonly EntryJson[] }>();
    return entries.map(parseEntry).toReversed();
  },
});

const parseEntry = (entry: EntryJson): LogLine => ({
  id: entry.insertId ?? "",
  at: entry.timestamp ?? "",
  severity: entry.severity ?? "DEFAULT",
  text: (entry.textPayload ?? textOf(entry.jsonPayload)).trimEnd(),
  instance: entry.labels?.["instanceId"] ?? "",
  source: entry.resource?.labels?.["revision_name"] ?? entry.labels?.["run.googleapis.com/execution_name"] ?? "",
});

/** Structured lines have their text in `message`; what else they hold is shown where there is none. */
function textOf(payload: EntryJson["jsonPayload"]): string {
  if (!payload) return "";
  const { message } = payload;
  return typeof message === "string" ? message : JSON.stringify(payload);
}
