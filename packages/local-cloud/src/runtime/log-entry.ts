// What a container writes, as Cloud Logging keeps it. Pure.

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#logseverity */
export const logSeverities = [
  "DEFAULT",
  "DEBUG",
  "INFO",
  "NOTICE",
  "WARNING",
  "ERROR",
  "CRITICAL",
  "ALERT",
  "EMERGENCY",
] as const;
export type LogSeverity = (typeof logSeverities)[number];

/** The logs of Cloud Run: https://cloud.google.com/run/docs/logging#types. `system` is the platform's own. */
export type LogStream = "stdout" | "stderr" | "system" | "requests";

export const logIds: Readonly<Record<LogStream, string>> = {
  stdout: "run.googleapis.com/stdout",
  stderr: "run.googleapis.com/stderr",
  system: "run.googleapis.com/varlog/system",
  requests: "run.googleapis.com/requests",
};

/** https://cloud.google.com/logging/docs/api/v2/resource-list */
export type LogResource = {
  readonly type: "cloud_run_revision" | "cloud_run_job" | "cloud_run_worker_pool";
  /** `project_id`, `location`, and by type `service_name`, `revision_name`, `job_name`, `worker_pool_name`. */
  readonly labels: Readonly<Record<string, string>>;
};

export type LogEntry = {
  /** Unique, and ascending in the order of writing. */
  readonly insertId: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly severity: LogSeverity;
  /** `projects/P/logs/` and the log's id, percent-encoded. */
  readonly logName: string;
  readonly resource: LogResource;
  readonly labels: Readonly<Record<string, string>>;
  readonly textPayload?: string;
  readonly jsonPayload?: Readonly<Record<string, unknown>>;
  readonly httpRequest?: Readonly<Record<string, unknown>>;
  readonly trace?: string;
  readonly spanId?: string;
};

/** Who writes: the resource and what tells its instances apart. */
export type LogSource = {
  readonly project: string;
  readonly resource: LogResource;
  /** `instanceId`; for jobs also `run.googleapis.com/execution_name`, `…/task_index`, `…/task_attempt`. */
  readonly labels: Readonly<Record<string, string>>;
};

export type LogPayload = Pick<
  LogEntry,
  "severity" | "textPayload" | "jsonPayload" | "httpRequest" | "trace" | "spanId" | "labels"
>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parseSeverity = (value: unknown): LogSeverity => {
  const name = typeof value === "string" ? value.toUpperCase() : "";
  return logSeverities.find((severity) => severity === name) ?? "DEFAULT";
};

const parseObject = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (!line.startsWith("{") || !line.endsWith("}")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const stringLabels = (value: unknown): Readonly<Record<string, string>> =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {};

const textOrJson = (rest: Readonly<Record<string, unknown>>): Pick<LogPayload, "textPayload" | "jsonPayload"> => {
  const { message } = rest;
  const onlyMessage = Object.keys(rest).length === 1 && typeof message === "string";
  return onlyMessage ? { textPayload: message } : { jsonPayload: rest };
};

/**
 * A line as a payload. One JSON object is understood by its special fields, any other line is text:
 * https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
 */
export function parseLogLine(line: string): LogPayload {
  const object = parseObject(line);
  if (object === undefined) return { severity: "DEFAULT", textPayload: line, labels: {} };
  const {
    severity,
    httpRequest,
    "logging.googleapis.com/labels": labels,
    "logging.googleapis.com/trace": trace,
    "logging.googleapis.com/spanId": spanId,
    ...rest
  } = object;
  return {
    severity: parseSeverity(severity),
    labels: stringLabels(labels),
    ...textOrJson(rest),
    ...(isRecord(httpRequest) && { httpRequest }),
    ...(typeof trace === "string" && { trace }),
    ...(typeof spanId === "string" && { spanId }),
  };
}

/** An entry as one line for people: its text, or its message, or its JSON. */
export function formatLogEntry(entry: LogEntry): string {
  if (entry.textPayload !== undefined) return entry.textPayload;
  const message = entry.jsonPayload?.["message"] ?? entry.jsonPayload?.["msg"];
  if (typeof message === "string") return message;
  return JSON.stringify(entry.jsonPayload ?? entry.httpRequest ?? {});
}
