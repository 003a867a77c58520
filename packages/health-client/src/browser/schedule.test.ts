import { expect, test } from "vitest";
import type { ProbeResult, Status } from "../types.ts";
import { createSchedule, isStale, nextPoll, type Schedule, withAttention, withResult } from "./schedule.ts";

const report = (status: Status, more: object = {}): ProbeResult => ({
  kind: "report",
  report: { status, format: "draft", httpStatus: 200, checks: [], warnings: [], timing: { totalMs: 1 }, ...more },
});
const failure: ProbeResult = { kind: "error", error: "unreachable", totalMs: 1 };
const minute = 60_000;
const middle = 0.5;

const after = (...results: readonly (readonly [at: number, result: ProbeResult])[]): Schedule =>
  results.reduce((schedule, [at, result]) => withResult(schedule, result, at), createSchedule(0));

test("polls every 15 s, give or take a tenth", () => {
  const schedule = after([0, report("pass")]);
  expect(nextPoll(schedule, 0, 0)).toEqual({ delayMs: 13_500, intervalMs: 15_000 });
  expect(nextPoll(schedule, 0, 1)).toEqual({ delayMs: 16_500, intervalMs: 15_000 });
});

test("polls every 5 s for two minutes after a change", () => {
  const schedule = after([0, report("pass")], [1_000, report("warn")]);
  expect(nextPoll(schedule, 2 * minute, middle).intervalMs).toBe(5_000);
  expect(nextPoll(schedule, 2 * minute + 1_000, middle).intervalMs).toBe(15_000);
});

test("takes a new revision or a check's new status for a change, the same again for none", () => {
  const check = (status: Status) => ({ checks: [{ name: "db", status }] });
  expect(after([0, report("pass", { revision: "a" })], [1, report("pass", { revision: "b" })]).changedAt).toBe(1);
  expect(after([0, report("warn", check("warn"))], [1, report("warn", check("fail"))]).changedAt).toBe(1);
  expect(after([0, report("pass")], [1, report("pass", { timing: { totalMs: 99 } })]).changedAt).toBeUndefined();
});

test("polls every minute after ten quiet minutes of passing, until someone looks", () => {
  const schedule = after([0, report("pass")]);
  expect(nextPoll(schedule, 10 * minute, middle).intervalMs).toBe(60_000);
  expect(nextPoll(withAttention(schedule, 10 * minute), 10 * minute, middle).intervalMs).toBe(15_000);
});

test("does not take a steady outage for quiet", () => {
  expect(nextPoll(after([0, report("fail")]), 20 * minute, middle).intervalMs).toBe(15_000);
});

test("backs off with full jitter up to five minutes, and never under a second", () => {
  const delays = [1, 2, 3, 4, 5, 6, 20].map((count) => {
    const schedule = after(...Array.from({ length: count }, (_, index) => [index, failure] as const));
    return nextPoll(schedule, count, 1).delayMs;
  });
  expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  expect(nextPoll(after([0, failure]), 0, 0).delayMs).toBe(1_000);
});

test("takes a platform's error for a failure, a service's own for an answer", () => {
  expect(after([0, report("fail", { httpStatus: 503, format: "html" })]).failures).toBe(1);
  expect(after([0, report("fail", { httpStatus: 429 })]).failures).toBe(1);
  expect(after([0, report("fail", { httpStatus: 503 })]).failures).toBe(0);
});

test("waits as long as Retry-After asks, up to five minutes", () => {
  expect(nextPoll(after([0, report("fail", { retryAfterMs: 90_000 })]), 0, 0)).toEqual({
    delayMs: 90_000,
    intervalMs: 90_000,
  });
  expect(nextPoll(after([0, report("fail", { retryAfterMs: 900_000 })]), 0, 0).delayMs).toBe(300_000);
});

test("an answer is stale after three intervals", () => {
  expect(isStale(1_000, 15_000, 46_000)).toBe(false);
  expect(isStale(1_000, 15_000, 46_001)).toBe(true);
});
