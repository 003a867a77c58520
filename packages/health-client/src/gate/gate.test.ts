import { describe, expect, test } from "vitest";
import { parseHealth } from "../parse/parse-health.ts";
import type { ProbeResult } from "../types.ts";
import { createGate, withProbe } from "./gate.ts";
import { judgeProbe } from "./judge-probe.ts";

const answer = (body: unknown, httpStatus = 200, revisionHeader?: string): ProbeResult => ({
  kind: "report",
  report: { ...parseHealth({ httpStatus, body: JSON.stringify(body), revisionHeader }), timing: { totalMs: 1 } },
});
const good = answer({ status: "pass", revision: "api-2" });
const old = answer({ status: "pass", revision: "api-1" });
const refused: ProbeResult = { kind: "error", error: "refused", code: "ECONNREFUSED", totalMs: 1 };

describe("judging one answer", () => {
  test.each([
    ["pass from the expected revision", good, { pass: true }],
    [
      "degraded by a check that is not critical",
      answer({ status: "warn", revision: "api-2", checks: { c: [{ status: "fail", critical: false }] } }),
      { pass: true },
    ],
    ["another revision", old, { pass: false, reason: "wrong-revision", detail: "api-1" }],
    [
      "another revision that fails",
      answer({ status: "fail", revision: "api-1" }, 503),
      { pass: false, reason: "wrong-revision", detail: "api-1" },
    ],
    [
      "two revisions in one answer",
      answer({ status: "pass", revision: "api-2" }, 200, "api-1"),
      { pass: false, reason: "wrong-revision", detail: "api-2" },
    ],
    [
      "no revision",
      answer({ status: "pass" }),
      { pass: false, reason: "no-revision", detail: "the answer names no revision" },
    ],
    [
      "a failing body on 200",
      answer({ status: "fail", revision: "api-2", checks: { db: [{ status: "fail" }] } }),
      { pass: false, reason: "failing", detail: "db" },
    ],
    [
      "an unreadable 200",
      answer({ message: "hello", revision: "api-2" }),
      { pass: false, reason: "unreadable", detail: "HTTP 200, unreadable" },
    ],
    [
      "pass with a failed critical check",
      answer({ status: "pass", revision: "api-2", checks: { db: [{ status: "fail", critical: true }] } }),
      { pass: false, reason: "critical-check-failed", detail: "db" },
    ],
    [
      "pass with a failed check of unknown weight",
      answer({ status: "pass", revision: "api-2", checks: { db: "down" } }),
      { pass: false, reason: "critical-check-failed", detail: "db" },
    ],
    ["a platform's 503", answer("", 503), { pass: false, reason: "failing", detail: "HTTP 503" }],
    ["no answer", refused, { pass: false, reason: "no-answer", detail: "ECONNREFUSED" }],
  ] as const)("%s", (_name, result, expected) => {
    expect(judgeProbe(result, "api-2")).toEqual(expected);
  });

  test("asks for no revision where none is expected", () => {
    expect(judgeProbe(answer({ status: "ok" }))).toEqual({ pass: true });
  });
});

describe("so many in a row", () => {
  const run = (results: readonly ProbeResult[]) =>
    results.reduce(withProbe, createGate({ passes: 3, expectedRevision: "api-2" }));

  test("passes after the third good answer and stays so", () => {
    expect(run([good, good])).toMatchObject({ passed: false, streak: 2 });
    expect(run([good, good, good, refused])).toMatchObject({ passed: true, streak: 3, probes: 3 });
  });

  test.each([
    ["an error", refused],
    ["the old revision", old],
  ] as const)("starts anew after %s", (_name, interruption) => {
    expect(run([good, good, interruption, good, good])).toMatchObject({ passed: false, streak: 2, probes: 5 });
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses %d passes", (passes) => {
    expect(() => createGate({ passes })).toThrowError(expect.objectContaining({ code: "invalid-options" }));
  });
});
