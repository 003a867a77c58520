import fc from "fast-check";
import { expect, test } from "vitest";
import { answered, failed, monitorOf } from "../../test/monitor-events.ts";
import { viewOf } from "./view.ts";

test("is loading before the first answer", () => {
  expect(viewOf(monitorOf({ type: "probing", at: 0 }), 1_000)).toEqual({
    condition: { kind: "loading" },
    tone: "unknown",
    isCurrent: false,
  });
});

test.each([
  ["pass", "ok", "ok"],
  ["warn", "degraded", "warn"],
  ["fail", "down", "down"],
  ["unknown", "unreadable", "unknown"],
] as const)("shows a fresh answer that says %s as %s", (status, kind, tone) => {
  expect(viewOf(monitorOf(answered(0, { status })), 1_000)).toMatchObject({ condition: { kind }, tone });
});

test("is stale after three intervals without a newer answer, whatever the answer was", () => {
  for (const status of ["pass", "warn", "fail"] as const) {
    const monitor = monitorOf(answered(0, { status }));
    expect(viewOf(monitor, 45_000).condition.kind).not.toBe("stale");
    expect(viewOf(monitor, 45_001)).toEqual({
      condition: { kind: "stale" },
      tone: "unknown",
      isCurrent: false,
      ageMs: 45_001,
    });
  }
});

test.each(["offline", "cors", "timeout", "unreachable"] as const)("never stays green on %s", (error) => {
  const view = viewOf(monitorOf(answered(0), failed(15_000, error)), 16_000);
  expect(view).toEqual({ condition: { kind: error }, tone: "unknown", isCurrent: false, ageMs: 16_000 });
});

test("an error stays an error, however old: it is not stale data", () => {
  expect(viewOf(monitorOf(answered(0), failed(15_000, "unreachable")), 900_000).condition.kind).toBe("unreachable");
});

test("is green only when the last result is a passing report of the last three intervals", () => {
  const event = fc.oneof(
    fc
      .constantFrom("pass", "warn", "fail", "unknown")
      .map((status) => (at: number) => answered(at, { status: status as "pass" })),
    fc
      .constantFrom("offline", "cors", "timeout", "unreachable")
      .map((error) => (at: number) => failed(at, error as "cors")),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.nat(120_000), (makers, wait) => {
      const events = makers.map((make, index) => make(index * 15_000));
      const last = events.at(-1);
      const now = (last?.at ?? 0) + wait;
      const isGreen = viewOf(monitorOf(...events), now).tone === "ok";
      const isPassing =
        last?.type === "result" &&
        last.result.kind === "report" &&
        last.result.report.status === "pass" &&
        wait <= 45_000;
      expect(isGreen).toBe(isPassing);
    }),
  );
});
