import { describe, expect, test } from "vitest";
import { failureOf, parseRetryAfter, type RetryQuestion, retryDelayMs, retryRules } from "./retry.ts";

const question: RetryQuestion = {
  failure: "server-error",
  attempt: 1,
  idempotent: true,
  remainingMs: 60_000,
  random: 0.5,
};

test.each([
  [200, undefined],
  [400, undefined],
  [401, undefined],
  [403, undefined],
  [404, undefined],
  [408, "server-error"],
  [409, undefined],
  [412, undefined],
  [429, "throttled"],
  [500, "server-error"],
  [501, undefined],
  [503, "server-error"],
])("HTTP %i is failure %s", (status, failure) => {
  expect(failureOf(status)).toBe(failure);
});

describe("the wait before the next attempt", () => {
  test("doubles, under full jitter, up to the rule's bound", () => {
    const waits = [1, 2, 3, 4, 5].map((attempt) => retryDelayMs({ ...question, attempt, random: 0.999 }));
    expect(waits).toEqual([400, 799, 1598, 3197, 6394]);
    expect(retryDelayMs({ ...question, random: 0 })).toBe(0);
  });

  test("is never shorter than Retry-After", () => {
    expect(retryDelayMs({ ...question, retryAfterMs: 9000 })).toBe(9000);
  });

  test.each(Object.keys(retryRules) as (keyof typeof retryRules)[])("ends for %s with its last attempt", (failure) => {
    const { attempts } = retryRules[failure];
    expect(retryDelayMs({ ...question, failure, attempt: attempts - 1 })).toBeDefined();
    expect(retryDelayMs({ ...question, failure, attempt: attempts })).toBeUndefined();
  });

  test("is not begun when the deadline comes first", () => {
    expect(retryDelayMs({ ...question, remainingMs: 200 })).toBeUndefined();
  });

  test.each([
    ["throttled", true],
    ["unreachable", true],
    ["server-error", false],
    ["reset", false],
    ["stalled", false],
  ] as const)("after %s a request that must not be applied twice is sent again: %s", (failure, again) => {
    expect(retryDelayMs({ ...question, failure, idempotent: false }) !== undefined).toBe(again);
  });
});

test("Retry-After is read as seconds and as a date", () => {
  const now = new Date("2026-11-21T10:00:00Z");
  expect(parseRetryAfter("7", now)).toBe(7000);
  expect(parseRetryAfter("Sat, 21 Nov 2026 10:00:30 GMT", now)).toBe(30_000);
  expect(parseRetryAfter("Sat, 21 Nov 2026 09:00:00 GMT", now)).toBe(0);
  expect(parseRetryAfter("soon", now)).toBeUndefined();
  expect(parseRetryAfter(undefined, now)).toBeUndefined();
});
