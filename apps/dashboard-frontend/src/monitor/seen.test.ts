import { describe, expect, test } from "vitest";
import { answered, epoch, failed, monitorOf } from "../../test/monitor-events.ts";
import { emptyMonitor, type Monitor, withEvent } from "./monitor.ts";
import { formatSeen, parseSeen, resumeMs, withSeen } from "./seen.ts";

const outage = monitorOf(
  answered(0, { revision: "api-1" }),
  answered(10_000, { status: "fail", checks: [{ name: "database", status: "fail" }] }),
  failed(20_000, "timeout"),
);
const ended = withEvent(outage, answered(30_000, { revision: "api-2" }), epoch + 30_000);

/** A page that is opened so much later: its monotonic clock starts anew. */
const reopened = (kept: Monitor, seenAt: number, afterMs: number): Monitor => {
  const now = { at: 1_000, date: epoch + seenAt + afterMs };
  return withSeen(emptyMonitor, parseSeen(formatSeen(kept, epoch + seenAt), now));
};
const rowsOf = ({ incidents }: Monitor) =>
  incidents.map(({ condition, startedDate, endedDate }) => [
    condition.kind,
    startedDate - epoch,
    endedDate === undefined ? undefined : endedDate - epoch,
  ]);

describe("after a reload", () => {
  test("incidents and deployments are there, on the new page's clock", () => {
    const monitor = reopened(ended, 30_000, 60_000);
    expect(rowsOf(monitor)).toEqual([
      ["timeout", 20_000, 30_000],
      ["down", 10_000, 20_000],
    ]);
    expect(monitor.incidents[1]).toMatchObject({
      condition: { kind: "down", names: ["database"] },
      startedAt: -79_000,
      endedAt: -69_000,
    });
    expect(monitor.deployments).toMatchObject([
      { id: "api-2", version: "1.8.0", commit: "9f2c41d0", firstSeenAt: -59_000 },
      { id: "api-1", firstSeenAt: -89_000 },
    ]);
  });

  test("an incident that goes on is the same one, and ends when it does", () => {
    const monitor = reopened(outage, 20_000, resumeMs);
    const again = withEvent(monitor, failed(1_500, "timeout"), epoch + 20_000 + resumeMs + 500);
    expect(rowsOf(again)[0]).toEqual(["timeout", 20_000, undefined]);
    const over = withEvent(again, answered(2_000), epoch + 20_000 + resumeMs + 1_000);
    expect(rowsOf(over)).toEqual([
      ["timeout", 20_000, 20_000 + resumeMs + 1_000],
      ["down", 10_000, 20_000],
    ]);
  });

  test("one that nobody has looked at since has lasted as long as it was seen", () => {
    expect(rowsOf(reopened(outage, 25_000, resumeMs + 1))[0]).toEqual(["timeout", 20_000, 25_000]);
  });

  test("what cannot be read is as if it were not there", () => {
    const broken = ["", "{", "1", "null", '"text"', '{"incidents":1,"deployments":[null,{"id":1}]}'];
    const strange = '{"date":1,"incidents":[{"condition":{"kind":"constructor"},"startedDate":1}]}';
    const nothing = { incidents: [], deployments: [] };
    for (const stored of [null, ...broken, strange]) expect(parseSeen(stored, { at: 0, date: 0 })).toEqual(nothing);
  });
});

describe("of another tab", () => {
  const now = { at: 30_000, date: epoch + 30_000 };
  const found = parseSeen(formatSeen(ended, epoch + 30_000), now);

  test("what it saw while this one did not look is added once, and ends what lasted here", () => {
    const own = monitorOf(answered(0, { status: "warn", revision: "api-1" }));
    const monitor = withSeen(own, found);
    expect(rowsOf(monitor)).toEqual([
      ["timeout", 20_000, 30_000],
      ["down", 10_000, 20_000],
      ["degraded", 0, 10_000],
    ]);
    expect(monitor.deployments.map(({ id }) => id)).toEqual(["api-2", "api-1"]);
    expect(withSeen(monitor, found)).toBe(monitor);
  });

  test("what this one has seen itself stays as it was", () => {
    const own = monitorOf(answered(0, { revision: "api-1" }), answered(25_000, { revision: "api-2" }));
    expect(withSeen(own, found)).toBe(own);
  });
});
