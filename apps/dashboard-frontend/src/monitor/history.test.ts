import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dayOf,
  emptyHistory,
  formatHistory,
  type History,
  lastDays,
  mergeHistories,
  parseHistory,
  pruneHistory,
  type SeenCheck,
  uptimeOf,
  withCheck,
} from "./history.ts";

const minute = 60_000;
/** Ten seconds into a minute of the reader's own calendar. */
const noon = new Date(2026, 7, 22, 12, 0, 10).getTime();
const today = "2026-08-22";

const historyOf = (checks: readonly SeenCheck[]): History => checks.reduce(withCheck, emptyHistory);
const summaryOf = (...checks: readonly SeenCheck[]) => lastDays(historyOf(checks), today, 1)[0];

describe("a day", () => {
  test("is the reader's, to its last minute", () => {
    const midnight = new Date(2026, 7, 22).getTime();
    expect([dayOf(midnight - 1), dayOf(midnight)]).toEqual(["2026-08-21", today]);
    const history = historyOf([
      { condition: "ok", date: midnight - 1 },
      { condition: "ok", date: midnight },
    ]);
    expect(history).toEqual({ "2026-08-21": `${"0".repeat(1_439)}1`, [today]: `1${"0".repeat(1_439)}` });
  });

  test.each([
    ["ok", { tone: "ok", seenMinutes: 1, degradedMinutes: 0, unavailableMinutes: 0 }],
    ["degraded", { tone: "warn", seenMinutes: 1, degradedMinutes: 1, unavailableMinutes: 0 }],
    ["down", { tone: "down", seenMinutes: 1, degradedMinutes: 0, unavailableMinutes: 1 }],
    ["unreachable", { tone: "down", unavailableMinutes: 1 }],
    ["timeout", { tone: "down", unavailableMinutes: 1 }],
    ["cors", { tone: "down", unavailableMinutes: 1 }],
    ["unreadable", { tone: "down", unavailableMinutes: 1 }],
    ["offline", { tone: "unknown", seenMinutes: 0, degradedMinutes: 0, unavailableMinutes: 0 }],
  ] as const)("with one check that says %s", (condition, expected) => {
    expect(summaryOf({ condition, date: noon })).toMatchObject(expected);
  });

  test("is bad from one unavailable minute in twenty, and not good before", () => {
    const well = Array.from({ length: 19 }, (_, index) => ({ condition: "ok", date: noon + index * minute }) as const);
    const bad = { condition: "down", date: noon - minute } as const;
    expect(summaryOf(bad, ...well)?.tone).toBe("down");
    expect(summaryOf(bad, ...well, { condition: "ok", date: noon + 19 * minute })?.tone).toBe("warn");
  });

  test("without data is not good", () => {
    const days = lastDays({}, today, 90);
    expect([days.length, days[0]?.day, days.at(-1)?.day]).toEqual([90, "2026-05-25", today]);
    expect(new Set(days.map(({ tone }) => tone))).toEqual(new Set(["unknown"]));
    expect(uptimeOf(days)).toBeUndefined();
  });
});

describe("a minute", () => {
  test("without a check is as the check before it", () => {
    const down = { condition: "down", date: noon } as const;
    const recovered = {
      condition: "ok",
      date: noon + 4 * minute,
      before: { condition: "down", agoMs: 4 * minute },
    } as const;
    expect(summaryOf(down, recovered)).toMatchObject({ seenMinutes: 5, unavailableMinutes: 4 });
  });

  test("is not seen while the reader's network was gone", () => {
    const back = {
      condition: "ok",
      date: noon + 4 * minute,
      before: { condition: "offline", agoMs: 4 * minute },
    } as const;
    expect(summaryOf(back)).toMatchObject({ seenMinutes: 1, unavailableMinutes: 0 });
  });

  test("is as bad as the worst check in it", () => {
    const checks = (["ok", "down", "degraded"] as const).map((condition) => ({ condition, date: noon }));
    expect(summaryOf(...checks)).toMatchObject({ seenMinutes: 1, unavailableMinutes: 1 });
  });
});

test("uptime is rounded down: 100% is without a bad minute", () => {
  const day = { day: today, tone: "warn", degradedMinutes: 0 } as const;
  expect(uptimeOf([{ ...day, seenMinutes: 100_000, unavailableMinutes: 1 }])).toBe(0.9999);
  expect(uptimeOf([{ ...day, seenMinutes: 4, unavailableMinutes: 1 }])).toBe(0.75);
});

test("keeps 90 days, and tomorrow for who travels west", () => {
  const days = ["2026-05-24", "2026-05-25", today, "2026-08-23", "2026-08-24"];
  const history = Object.fromEntries(days.map((day) => [day, "1".repeat(1_440)]));
  const pruned = pruneHistory(history, today);
  expect(Object.keys(pruned)).toEqual(["2026-05-25", today, "2026-08-23"]);
  expect(pruneHistory(pruned, today)).toBe(pruned);
});

const condition = fc.constantFrom("ok", "degraded", "down", "unreachable", "timeout", "cors", "unreadable", "offline");
const check: fc.Arbitrary<SeenCheck> = fc
  .record({
    condition,
    date: fc.integer({ min: noon - 300 * minute, max: noon + 900 * minute }),
    held: condition,
    agoMs: fc.nat(900_000),
  })
  .map(
    ({ condition: seen, date, held, agoMs }) =>
      ({ condition: seen, date, before: { condition: held, agoMs } }) as SeenCheck,
  );
const checks = fc.array(check, { maxLength: 12 });
const history = checks.map(historyOf);

describe("whatever was checked", () => {
  test("tabs that share a history lose nothing and count nothing twice, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ check, tabs: fc.integer({ min: 1, max: 3 }) }), { maxLength: 12 }), (seen) => {
        const tabs = [1, 2].map((bit) =>
          historyOf(seen.filter(({ tabs: by }) => (by & bit) !== 0).map((one) => one.check)),
        );
        const [first = {}, second = {}] = tabs;
        const all = historyOf(seen.map((one) => one.check));
        expect(mergeHistories(first, second)).toEqual(all);
        expect(mergeHistories(second, first)).toEqual(all);
        expect(mergeHistories(all, first)).toBe(all);
      }),
    );
  });

  test("merging does not depend on how it is grouped", () => {
    fc.assert(
      fc.property(history, history, history, (a, b, c) => {
        expect(mergeHistories(mergeHistories(a, b), c)).toEqual(mergeHistories(a, mergeHistories(b, c)));
      }),
    );
  });

  test("a day has 1,440 minutes, and only one that is all well is good", () => {
    fc.assert(
      fc.property(history, (seen) => {
        for (const day of lastDays(seen, today, 3)) {
          const { tone, seenMinutes, degradedMinutes, unavailableMinutes } = day;
          expect(seenMinutes).toBeLessThanOrEqual(1_440);
          expect(degradedMinutes + unavailableMinutes).toBeLessThanOrEqual(seenMinutes);
          expect(tone === "ok").toBe(seenMinutes > 0 && degradedMinutes + unavailableMinutes === 0);
          expect(uptimeOf([day]) === 1).toBe(seenMinutes > 0 && unavailableMinutes === 0);
        }
      }),
    );
  });

  test("offline adds nothing", () => {
    fc.assert(
      fc.property(history, fc.nat(900_000), (seen, agoMs) => {
        const offline = { condition: "offline", date: noon, before: { condition: "offline", agoMs } } as const;
        expect(withCheck(seen, offline)).toBe(seen);
      }),
    );
  });

  test("what is stored is read again", () => {
    fc.assert(
      fc.property(history, (seen) => {
        expect(parseHistory(formatHistory(seen))).toEqual(seen);
      }),
    );
  });
});

describe("what is stored", () => {
  test("is small: a day of few changes is a few runs", () => {
    expect(formatHistory({ [today]: `${"0".repeat(540)}${"1".repeat(900)}` })).toBe('{"2026-08-22":"0*540 1*900"}');
  });

  test("loses a damaged day and keeps the others", () => {
    const whole = "1*1440";
    const damaged = ["1*1441", "4*1440", "1*9 ", "", 7, null, {}, "1*9999 ".repeat(900)];
    const stored = Object.fromEntries(damaged.map((value, index) => [`2026-08-0${index + 1}`, value]));
    const names = { "2026-02-30": whole, "2026-8-1": whole, ["__proto__"]: whole, x: whole };
    const text = JSON.stringify({ ...stored, ...names, [today]: whole });
    expect(parseHistory(text)).toEqual({ [today]: "1".repeat(1_440) });
  });

  test("never throws and never looks like data that it is not", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      history.map(formatHistory).chain((whole) => fc.nat(whole.length).map((length) => whole.slice(0, length))),
    );
    fc.assert(
      fc.property(text, (stored) => {
        for (const [day, minutes] of Object.entries(parseHistory(stored))) {
          expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
          expect(minutes).toMatch(/^[0-3]{1440}$/);
        }
      }),
    );
    expect(parseHistory(null)).toEqual({});
  });
});
