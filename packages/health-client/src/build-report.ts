import { omitUndefined } from "./omit-undefined.ts";
import { type HttpAnswer, parseHealth } from "./parse/parse-health.ts";
import type { HealthReport, ProbeTiming } from "./types.ts";

export type ReceivedAnswer = HttpAnswer & {
  readonly dateHeader?: string | undefined;
  readonly retryAfterHeader?: string | undefined;
  readonly timing: ProbeTiming;
  /** Wall clock in milliseconds when the headers came. */
  readonly receivedAt: number;
};

/** One request header set for Node and browsers. English, because django-health-check translates its words. No CORS preflight. */
export const requestHeaders = {
  // application/health+json alone is answered 406 by Django REST framework.
  accept: "application/health+json, application/json;q=0.9",
  "accept-language": "en",
} as const;

/** `Retry-After`: seconds or a date (RFC 9110, 10.2.3), at most a day. */
const readRetryAfter = (header: string | undefined, now: number): number | undefined => {
  if (!header) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms >= 0 ? Math.min(ms, 86_400_000) : undefined;
};

const readSkew = (header: string | undefined, now: number): number | undefined => {
  const date = Date.parse(header ?? "");
  // The header counts whole seconds: the middle of its second is the best guess.
  return Number.isNaN(date) ? undefined : date + 500 - now;
};

export const buildReport = (answer: ReceivedAnswer): HealthReport => ({
  ...parseHealth(answer),
  timing: answer.timing,
  ...omitUndefined({
    skewMs: readSkew(answer.dateHeader, answer.receivedAt),
    retryAfterMs: readRetryAfter(answer.retryAfterHeader, answer.receivedAt),
  }),
});
