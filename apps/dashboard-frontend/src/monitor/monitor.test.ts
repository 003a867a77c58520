import type { HealthCheck, PollerEvent, ProbeError, Status } from "@slipway/health-client/browser";
import { describe, expect, test } from "vitest";
import { answered, epoch, failed, monitorOf } from "../../test/monitor-events.ts";
import { dayOf, lastDays } from "./history.ts";
import { withHistory } from "./monitor.ts";

const check = (name: string, status: Status, critical?: boolean): HealthCheck => ({
  name,
  status,
  ...(critical !== undefined && { critical }),
});

describe("condition", () => {
  test.each([
    ["pass", answered(0), { kind: "ok" }],
    [
      "warn",
      answered(0, { status: "warn", checks: [check("a", "pass"), check("b", "fail", false), check("c", "warn")] }),
      { kind: "degraded", names: ["b", "c"] },
    ],
    [
      "fail",
      answered(0, {
        status: "fail",
        checks: [check("a", "fail", true), check("b", "fail", false), check("c", "fail")],
      }),
      { kind: "down", names: ["a", "c"] },
    ],
    ["unknown", answered(0, { status: "unknown", httpStatus: 404 }), { kind: "unreadable", httpStatus: 404 }],
  ] as const)("of a report that says %s", (_name, event, expected) => {
    expect(monitorOf(event).last?.condition).toEqual(expected);
  });

  test.each([
    ["offline", "offline"],
    ["cors", "cors"],
    ["timeout", "timeout"],
    ["unreachable", "unreachable"],
    ["reset", "unreachable"],
    ["too-large", "unreadable"],
  ] as const)("of the error %s is %s", (error: ProbeError, kind) => {
    expect(monitorOf(failed(0, error)).last?.condition).toEqual({ kind });
  });
});

describe("probes", () => {
  test("are under way until their result, and planned until the next", () => {
    expect(monitorOf({ type: "probing", at: 0 })).toMatchObject({ probing: true });
    const done = monitorOf({ type: "probing", at: 0 }, answered(10));
    expect(done).toMatchObject({ probing: false, nextAt: 15_010 });
    expect(monitorOf(answered(0), { type: "paused", at: 5 })).not.toHaveProperty("nextAt");
    expect(monitorOf(answered(0), { type: "probing", at: 5 })).not.toHaveProperty("nextAt");
  });
});

describe("what is kept when answers stop", () => {
  const checks = [check("database", "pass", true)];

  test("the last report and its components", () => {
    const monitor = monitorOf(answered(0, { checks, revision: "api-1" }), failed(15_000, "unreachable"));
    expect(monitor.answer).toMatchObject({ at: 0, report: { revision: "api-1" } });
    expect(monitor.checks).toEqual({ at: 0, list: checks });
  });

  test("the components, when a later report names none", () => {
    const monitor = monitorOf(answered(0, { checks }), answered(15_000, { status: "fail", httpStatus: 503 }));
    expect(monitor.answer?.at).toBe(15_000);
    expect(monitor.checks?.at).toBe(0);
  });

  test("the last report, when something else than a report answers", () => {
    const monitor = monitorOf(answered(0, { checks }), answered(15_000, { status: "unknown", httpStatus: 404 }));
    expect(monitor.answer?.at).toBe(0);
  });
});

describe("samples", () => {
  test("hold a latency only where there was an answer", () => {
    const { samples } = monitorOf(answered(0, { latencyMs: 42 }), failed(15_000, "timeout"));
    expect(samples).toEqual([
      { at: 0, date: epoch, condition: "ok", latencyMs: 42 },
      { at: 15_000, date: epoch + 15_000, condition: "timeout" },
    ]);
  });

  test("are bounded", () => {
    const { samples } = monitorOf(...Array.from({ length: 800 }, (_, index) => answered(index)));
    expect([samples.length, samples[0]?.at, samples.at(-1)?.at]).toEqual([720, 80, 799]);
  });
});

describe("history", () => {
  const seen = (...events: readonly PollerEvent[]) => {
    const { history } = monitorOf(...events);
    const [day] = lastDays(history, dayOf(epoch), 1);
    return [day?.seenMinutes, day?.unavailableMinutes];
  };

  test("an outage that is polled seldom is as long as one that is polled often", () => {
    const slow = [
      failed(0, "timeout"),
      failed(28_000, "timeout"),
      failed(50_000, "timeout"),
      failed(75_000, "timeout"),
    ];
    const often = Array.from({ length: 16 }, (_, index) => failed(index * 5_000, "timeout"));
    expect([seen(...slow), seen(...often)]).toEqual([
      [2, 2],
      [2, 2],
    ]);
    const { intervalMs, ...rest } = failed(0, "unreachable") as Extract<PollerEvent, { type: "result" }>;
    const seldom = { ...rest, intervalMs: intervalMs * 30 };
    expect(seen(seldom, answered(300_000))).toEqual([6, 5]);
  });

  test("what happened while the page slept was not seen", () => {
    expect(seen(answered(0), answered(300_000))).toEqual([2, 0]);
  });

  test("what another tab has seen is added once", () => {
    const own = monitorOf(answered(0));
    const found = withHistory(own, monitorOf(answered(0), answered(300_000)).history);
    expect(lastDays(found.history, dayOf(epoch), 1)[0]?.seenMinutes).toBe(2);
    expect(withHistory(found, own.history)).toBe(found);
  });
});

describe("incidents", () => {
  test("open with a bad condition and close with a good one", () => {
    const { incidents } = monitorOf(
      answered(0),
      failed(10_000, "unreachable"),
      failed(20_000, "unreachable"),
      answered(30_000),
    );
    expect(incidents).toEqual([
      {
        condition: { kind: "unreachable" },
        startedAt: 10_000,
        startedDate: epoch + 10_000,
        endedAt: 30_000,
        endedDate: epoch + 30_000,
      },
    ]);
  });

  test("follow one another when the condition changes", () => {
    const { incidents } = monitorOf(answered(0, { status: "warn" }), answered(10_000, { status: "fail" }));
    expect(incidents.map(({ condition, endedAt }) => [condition.kind, endedAt])).toEqual([
      ["down", undefined],
      ["degraded", 10_000],
    ]);
  });

  test("are not the reader's own network", () => {
    expect(monitorOf(answered(0), failed(10_000, "offline")).incidents).toEqual([]);
    const open = monitorOf(answered(0, { status: "fail" }), failed(10_000, "offline")).incidents;
    expect(open).toMatchObject([{ condition: { kind: "down" } }]);
    expect(open[0]).not.toHaveProperty("endedAt");
  });
});

describe("deployments", () => {
  test("are the revisions that answered, the newest first", () => {
    const monitor = monitorOf(
      answered(0, { revision: "api-1" }),
      answered(10_000, { revision: "api-2" }),
      answered(20_000, { revision: "api-2" }),
    );
    expect(monitor.current).toBe("api-2");
    expect(monitor.deployments.map(({ id, firstSeenAt }) => [id, firstSeenAt])).toEqual([
      ["api-2", 10_000],
      ["api-1", 0],
    ]);
  });

  test("are not repeated when an earlier one answers again", () => {
    const monitor = monitorOf(...["api-1", "api-2", "api-1"].map((revision, index) => answered(index, { revision })));
    expect(monitor.current).toBe("api-1");
    expect(monitor.deployments.map(({ id }) => id)).toEqual(["api-2", "api-1"]);
  });
});
