// Pure. What the page has seen, folded from the poller's events. Times named `at` are monotonic
// milliseconds (freshness, the chart); times named `date` are the wall clock (what a person reads).
import {
  type HealthCheck,
  type HealthReport,
  isStale,
  type PollerEvent,
  type ProbeError,
  type ProbeResult,
} from "@slipway/health-client/browser";
import { emptyHistory, type History, mergeHistories, withCheck } from "./history.ts";

/** What one answer, or its absence, means. `unreadable`: something answered that is not a health report. */
export type Condition =
  | { readonly kind: "ok" }
  | { readonly kind: "degraded" | "down"; readonly names: readonly string[] }
  | { readonly kind: "unreadable"; readonly httpStatus?: number }
  | { readonly kind: "unreachable" | "offline" | "cors" | "timeout" };

export type Sample = {
  readonly at: number;
  readonly date: number;
  readonly condition: Condition["kind"];
  /** Absent when there was no answer. */
  readonly latencyMs?: number;
};

export type Incident = {
  readonly condition: Condition;
  readonly startedAt: number;
  readonly startedDate: number;
  /** Both absent while it lasts. */
  readonly endedAt?: number;
  readonly endedDate?: number;
};

export type Deployment = {
  readonly id: string;
  /** Its release where it tells no version. */
  readonly version?: string;
  readonly commit?: string;
  readonly firstSeenAt: number;
  readonly firstSeenDate: number;
};

export type Answer = { readonly report: HealthReport; readonly at: number };

export type Monitor = {
  readonly probing: boolean;
  /** When the next probe is planned; absent while none is. */
  readonly nextAt?: number;
  readonly last?: { readonly condition: Condition; readonly at: number; readonly intervalMs: number };
  /** The last readable report, whatever it said. */
  readonly answer?: Answer;
  /** The last checks that a report named, kept when later answers have none. */
  readonly checks?: { readonly list: readonly HealthCheck[]; readonly at: number };
  readonly samples: readonly Sample[];
  /** Newest first; those of earlier visits too. */
  readonly incidents: readonly Incident[];
  /** Newest first by when they were first seen; `current` serves. */
  readonly deployments: readonly Deployment[];
  readonly current?: string;
  /** Also what earlier visits and other tabs have seen. */
  readonly history: History;
};

/** An hour of the fastest polling; what is older falls out. */
const maxSamples = 720;
export const maxIncidents = 50;
export const maxDeployments = 20;

export const emptyMonitor: Monitor = {
  probing: false,
  samples: [],
  incidents: [],
  deployments: [],
  history: emptyHistory,
};

const conditionOfError = (error: ProbeError): Condition => {
  if (error === "offline" || error === "cors" || error === "timeout") return { kind: error };
  return error === "too-large" || error === "invalid" ? { kind: "unreadable" } : { kind: "unreachable" };
};

const namesOf = (checks: readonly HealthCheck[], isNamed: (check: HealthCheck) => boolean): string[] =>
  checks.filter(isNamed).map(({ name }) => name);

export const conditionOf = (result: ProbeResult): Condition => {
  if (result.kind === "error") return conditionOfError(result.error);
  const { status, checks, httpStatus } = result.report;
  if (status === "pass") return { kind: "ok" };
  if (status === "unknown") return { kind: "unreadable", httpStatus };
  if (status === "warn")
    return { kind: "degraded", names: namesOf(checks, (check) => check.status === "fail" || check.status === "warn") };
  return { kind: "down", names: namesOf(checks, (check) => check.status === "fail" && check.critical !== false) };
};

/** Without the time of a new connection, where the browser tells it: that is the network's, not the service's. */
const latencyOf = (result: ProbeResult): { latencyMs?: number } =>
  result.kind === "report" ? { latencyMs: result.report.timing.totalMs - (result.report.timing.connectMs ?? 0) } : {};

export const sameCondition = (a: Condition, b: Condition): boolean => JSON.stringify(a) === JSON.stringify(b);

const withIncident = (monitor: Monitor, condition: Condition, at: number, date: number): readonly Incident[] => {
  // The reader's own network is no incident of the service, and says nothing of an open one.
  if (condition.kind === "offline") return monitor.incidents;
  const [latest, ...earlier] = monitor.incidents;
  const open = latest && latest.endedAt === undefined ? latest : undefined;
  if (open && sameCondition(open.condition, condition)) return monitor.incidents;
  const closed = open ? [{ ...open, endedAt: at, endedDate: date }, ...earlier] : monitor.incidents;
  if (condition.kind === "ok") return closed;
  return [{ condition, startedAt: at, startedDate: date }, ...closed].slice(0, maxIncidents);
};

const withDeployment = (monitor: Monitor, report: HealthReport, at: number, date: number) => {
  const { revision, commit } = report;
  const version = report.version ?? report.release;
  const id = revision ?? commit ?? version;
  if (id === undefined) return {};
  const isKnown = monitor.deployments.some((deployment) => deployment.id === id);
  const seen: Deployment = {
    id,
    ...(version !== undefined && { version }),
    ...(commit !== undefined && { commit }),
    firstSeenAt: at,
    firstSeenDate: date,
  };
  const deployments = isKnown ? monitor.deployments : [seen, ...monitor.deployments].slice(0, maxDeployments);
  return { current: id, deployments };
};

const withSeen = ({ history, last }: Monitor, condition: Condition, at: number, date: number): History => {
  const isHeld = last && !isStale(last.at, last.intervalMs, at);
  const before = isHeld && { condition: last.condition.kind, agoMs: at - last.at };
  return withCheck(history, { condition: condition.kind, date, ...(before && { before }) });
};

/** What this browser saw at other times, or in other tabs. */
export const withHistory = (monitor: Monitor, found: History): Monitor => {
  const history = mergeHistories(monitor.history, found);
  return history === monitor.history ? monitor : { ...monitor, history };
};

type ResultEvent = Extract<PollerEvent, { type: "result" }>;

const withResult = ({ nextAt: _, ...monitor }: Monitor, event: ResultEvent, date: number): Monitor => {
  const { result, at, intervalMs } = event;
  const condition = conditionOf(result);
  const sample: Sample = { at, date, condition: condition.kind, ...latencyOf(result) };
  const report = result.kind === "report" && condition.kind !== "unreadable" ? result.report : undefined;
  return {
    ...monitor,
    probing: false,
    ...(event.nextAt !== undefined && { nextAt: event.nextAt }),
    last: { condition, at, intervalMs },
    samples: [...monitor.samples, sample].slice(-maxSamples),
    incidents: withIncident(monitor, condition, at, date),
    history: withSeen(monitor, condition, at, date),
    ...(report && { answer: { report, at }, ...withDeployment(monitor, report, at, date) }),
    ...(report && report.checks.length > 0 && { checks: { list: report.checks, at } }),
  };
};

/** `date` is the wall clock when the event came. */
export const withEvent = (monitor: Monitor, event: PollerEvent, date: number): Monitor => {
  if (event.type === "result") return withResult(monitor, event, date);
  const { nextAt: _, ...rest } = monitor;
  return event.type === "probing" ? { ...rest, probing: true } : rest;
};
