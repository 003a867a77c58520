// Pure. What may be sent again, how often and after how long: one table and the function that reads it.

/** Why an attempt did not give an answer that can be used. */
export type Failure =
  /** 429: refused before it was looked at. */
  | "throttled"
  /** 408, 500, 502, 503, 504: nobody knows whether it was applied. */
  | "server-error"
  /** No connection: it never left. */
  | "unreachable"
  /** The connection broke while it was under way. */
  | "reset"
  /** No byte moved for too long in either direction. */
  | "stalled";

type RetryRule = {
  /** Could the request have been applied? Then only one that is idempotent is sent again. */
  readonly applied: "no" | "unknown";
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Upper bound of the first wait; it doubles with every attempt. */
  readonly baseMs: number;
  readonly maxMs: number;
};

/** Waits follow https://cloud.google.com/storage/docs/retry-strategy: exponential, with full jitter. */
export const retryRules = {
  throttled: { applied: "no", attempts: 8, baseMs: 1000, maxMs: 32_000 },
  "server-error": { applied: "unknown", attempts: 6, baseMs: 400, maxMs: 16_000 },
  unreachable: { applied: "no", attempts: 4, baseMs: 200, maxMs: 4000 },
  reset: { applied: "unknown", attempts: 5, baseMs: 200, maxMs: 8000 },
  stalled: { applied: "unknown", attempts: 3, baseMs: 200, maxMs: 4000 },
} as const satisfies Readonly<Record<Failure, RetryRule>>;

export const timeouts = {
  connectMs: 10_000,
  /** No byte in either direction for this long ends an attempt. */
  stallMs: 20_000,
  /** All attempts together, where the request names nothing else. */
  deadlineMs: 60_000,
  /** An idle connection is kept this long. */
  keepAliveMs: 30_000,
} as const;

const retryableCodes = new Set([408, 500, 502, 503, 504]);

/** The failure that an HTTP code stands for; undefined where asking again cannot help. */
export const failureOf = (status: number): Failure | undefined =>
  status === 429 ? "throttled" : retryableCodes.has(status) ? "server-error" : undefined;

export type RetryQuestion = {
  readonly failure: Failure;
  /** Attempts made so far, at least 1. */
  readonly attempt: number;
  readonly idempotent: boolean;
  readonly remainingMs: number;
  readonly retryAfterMs?: number | undefined;
  /** 0 ≤ random < 1 */
  readonly random: number;
};

/** How long to wait before the next attempt, or undefined for giving up. A server's Retry-After is never cut short. */
export function retryDelayMs(question: RetryQuestion): number | undefined {
  const rule = retryRules[question.failure];
  if (question.attempt >= rule.attempts) return undefined;
  if (rule.applied === "unknown" && !question.idempotent) return undefined;
  const ceiling = Math.min(rule.maxMs, rule.baseMs * 2 ** (question.attempt - 1));
  const delay = Math.max(question.retryAfterMs ?? 0, Math.round(ceiling * question.random));
  return delay < question.remainingMs ? delay : undefined;
}

/** `Retry-After` in its two forms (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
