import { expect, test } from "vitest";
import type { Check, Status } from "./component.ts";
import { httpStatus, overallStatus } from "./report.ts";

const check = (status: Status, critical: boolean): Check => ({
  componentId: "thing",
  componentType: "component",
  status,
  critical,
  latency_ms: 1,
  observedValue: 1,
  observedUnit: "ms",
  time: "2026-01-01T00:00:00.000Z",
});

test.for([
  ["all well", [check("pass", true), check("pass", false)], "pass", 200],
  ["a critical one failed", [check("fail", true), check("pass", false)], "fail", 503],
  ["another one failed", [check("pass", true), check("fail", false)], "warn", 200],
  ["a critical one warns", [check("warn", true), check("pass", false)], "warn", 200],
  ["nothing to look at", [], "pass", 200],
] as const)("%s", ([, checks, status, code]) => {
  expect(overallStatus(checks)).toBe(status);
  expect(httpStatus(status)).toBe(code);
});
