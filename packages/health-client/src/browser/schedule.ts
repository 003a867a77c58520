// Pure. When to poll next.
//
//   normal                                     15 s ± 10 %
//   for two minutes after a change             5 s ± 10 %
//   after ten quiet minutes of passing         60 s ± 10 %
//   after failures                             full jitter: random up to 10, 20, 40 … 300 s, at least 1 s
//   a Retry-After                              not before
import type { ProbeResult } from "../types.ts";

const second = 1_000;
const minute = 60 * second;
const maxDelayMs = 300 * second;

export type Schedule = {
  /** What must stay the same for things to be quiet. */
  readonly signature?: string;
  readonly changedAt?: number;
  /** Since when nothing has changed; a person's return to the page starts it anew. */
  readonly quietSince: number;
  readonly passing: boolean;
  readonly failures: number;
  readonly retryAfterMs: number;
};

export type NextPoll = {
  readonly delayMs: number;
  /** The delay without its jitter: what staleness is measured by. */
  readonly intervalMs: number;
};

export const createSchedule = (now: number): Schedule => ({
  quietSince: now,
  passing: false,
  failures: 0,
  retryAfterMs: 0,
});

const signatureOf = (result: ProbeResult): string => {
  if (result.kind === "error") return result.error;
  const { status, revision, checks } = result.report;
  return JSON.stringify([status, revision, checks.map((check) => [check.name, check.status])]);
};

/** Nothing answered, or something in front of the service did. A service that reports its own failure is polled on. */
const isFailure = (result: ProbeResult): boolean => {
  if (result.kind === "error") return true;
  const { httpStatus, format } = result.report;
  return httpStatus === 429 || (httpStatus >= 500 && ["html", "empty", "unreadable"].includes(format));
};

export const withResult = (schedule: Schedule, result: ProbeResult, now: number): Schedule => {
  const signature = signatureOf(result);
  const changed = schedule.signature !== undefined && schedule.signature !== signature;
  return {
    ...schedule,
    ...(changed && { changedAt: now, quietSince: now }),
    signature,
    passing: result.kind === "report" && result.report.status === "pass",
    failures: isFailure(result) ? schedule.failures + 1 : 0,
    retryAfterMs: result.kind === "report" ? (result.report.retryAfterMs ?? 0) : 0,
  };
};

export const withAttention = (schedule: Schedule, now: number): Schedule => ({ ...schedule, quietSince: now });

const steadyInterval = ({ changedAt, quietSince, passing }: Schedule, now: number): number => {
  if (changedAt !== undefined && now - changedAt < 2 * minute) return 5 * second;
  return passing && now - quietSince >= 10 * minute ? 60 * second : 15 * second;
};

/** `random` is in [0, 1). */
export const nextPoll = (schedule: Schedule, now: number, random: number): NextPoll => {
  const { failures } = schedule;
  const cap = Math.min(maxDelayMs, 5 * second * 2 ** Math.min(failures, 10));
  const intervalMs = failures > 0 ? cap : steadyInterval(schedule, now);
  const delayMs = failures > 0 ? Math.max(second, random * cap) : intervalMs * (0.9 + 0.2 * random);
  const retryAfterMs = Math.min(schedule.retryAfterMs, maxDelayMs);
  return { delayMs: Math.max(delayMs, retryAfterMs), intervalMs: Math.max(intervalMs, retryAfterMs) };
};

/** An answer older than three intervals is no longer news. Times are monotonic. */
export const isStale = (receivedAt: number, intervalMs: number, now: number): boolean =>
  now - receivedAt > 3 * intervalMs;
