import type { HealthCheck, HealthReport, PollerEvent, ProbeError, Status } from "@slipway/health-client/browser";
import { emptyMonitor, type Monitor, withEvent } from "../src/monitor/monitor.ts";

/** Where the tests' wall clock stands when their monotonic clock is 0. */
export const epoch = Date.parse("2026-08-22T14:00:00Z");

type ReportOptions = {
  readonly status?: Status;
  readonly httpStatus?: number;
  readonly checks?: readonly HealthCheck[];
  readonly revision?: string;
  readonly latencyMs?: number;
  /** What else the report tells, or otherwise. */
  readonly report?: Partial<HealthReport>;
};

/** What the poller tells of an answer at a monotonic time. */
export const answered = (at: number, options: ReportOptions = {}): PollerEvent => ({
  type: "result",
  at,
  intervalMs: 15_000,
  nextAt: at + 15_000,
  result: {
    kind: "report",
    report: {
      status: options.status ?? "pass",
      format: "draft",
      httpStatus: options.httpStatus ?? 200,
      checks: options.checks ?? [],
      warnings: [],
      timing: { totalMs: options.latencyMs ?? 20 },
      ...(options.revision !== undefined && { revision: options.revision, version: "1.8.0", commit: "9f2c41d0" }),
      ...options.report,
    },
  },
});

export const failed = (at: number, error: ProbeError): PollerEvent => ({
  type: "result",
  at,
  intervalMs: 10_000,
  nextAt: at + 5_000,
  result: { kind: "error", error, totalMs: 3 },
});

export const monitorOf = (...events: readonly PollerEvent[]): Monitor =>
  events.reduce((monitor, event) => withEvent(monitor, event, epoch + event.at), emptyMonitor);
