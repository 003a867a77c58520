import { describe, expect, test } from "vitest";
import { createSprt, type Sprt, withTick } from "./sprt.ts";

const good = { canary: true, baseline: true };
const bad = { canary: false, baseline: true };

/** mulberry32: the simulation is the same on every run. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const warm = (): Sprt => Array.from({ length: 5 }, () => good).reduce(withTick, createSprt());

const runToDecision = (sprt: Sprt, next: (counted: number) => { canary: boolean; baseline: boolean }): Sprt => {
  let state = sprt;
  while (state.decision.action === "continue") state = withTick(state, next(state.counted));
  return state;
};

describe("decisions", () => {
  test.each([
    [0, 111],
    [1, 151],
    [2, 191],
    [3, 231],
  ])("with %i failures it promotes after %i ticks", (failures, expected) => {
    const failingAt = new Set([10, 40, 70].slice(0, failures));
    const end = runToDecision(warm(), (counted) => (failingAt.has(counted) ? bad : good));
    expect(end).toMatchObject({ counted: expected, failures, decision: { action: "promote" } });
  });

  test("a canary that only fails is rolled back after two ticks", () => {
    const end = runToDecision(warm(), () => bad);
    expect(end).toMatchObject({ counted: 2, decision: { action: "rollback", reason: "error-rate" } });
  });

  test("failures during the warm-up count for nothing", () => {
    const state = Array.from({ length: 5 }, () => bad).reduce(withTick, createSprt());
    expect(state).toMatchObject({ seen: 5, counted: 0, failures: 0, decision: { action: "continue" } });
  });

  test("five failures in a row roll back even where the rates would not", () => {
    const lenient = createSprt({ warmupTicks: 0, goodRate: 0.3, badRate: 0.4, maxTicks: 1_000 });
    const end = runToDecision(lenient, () => bad);
    expect(end).toMatchObject({ counted: 5, decision: { action: "rollback", reason: "failures-in-a-row" } });
  });

  test("a failing baseline voids the ticks, and more than sixty of them hold", () => {
    const end = runToDecision(warm(), () => ({ canary: false, baseline: false }));
    expect(end).toMatchObject({
      voids: 61,
      counted: 0,
      failures: 0,
      decision: { action: "hold", reason: "baseline-failing" },
    });
  });

  test("holds after four hundred ticks without a decision, and never promotes by waiting", () => {
    const end = runToDecision(warm(), (counted) => (counted % 40 === 20 ? bad : good));
    expect(end).toMatchObject({ counted: 400, decision: { action: "hold", reason: "undecided" } });
  });

  test("stays decided", () => {
    const end = runToDecision(warm(), () => bad);
    expect(withTick(end, good)).toBe(end);
  });

  test.each([
    { goodRate: 0 },
    { goodRate: 0.05 },
    { badRate: 1 },
    { alpha: 0 },
    { beta: 0.5 },
    { goodRate: Number.NaN },
  ])("refuses %j", (rule) => {
    expect(() => createSprt(rule)).toThrowError(expect.objectContaining({ code: "invalid-options" }));
  });
});

describe("simulated with a baseline that fails 1 % of its probes", () => {
  const simulate = (rate: number, runs = 2_000) => {
    const random = seeded(20_260_822);
    const ends = Array.from({ length: runs }, () =>
      runToDecision(createSprt(), () => ({ canary: random() >= rate, baseline: random() >= 0.01 })),
    );
    return {
      promoted: ends.filter(({ decision }) => decision.action === "promote").length / runs,
      meanTicks: ends.reduce((sum, { seen }) => sum + seen - 5, 0) / runs,
    };
  };

  // The tolerances are three standard errors of the simulation.
  test.each([
    { rate: 0, promoted: 1, within: 0, ticks: 112, ticksWithin: 0.5 },
    { rate: 0.01, promoted: 0.955, within: 0.014, ticks: 175, ticksWithin: 6 },
    { rate: 0.05, promoted: 0.0086, within: 0.0063, ticks: 85, ticksWithin: 5 },
    { rate: 0.1, promoted: 0, within: 0, ticks: 30, ticksWithin: 2 },
    { rate: 1, promoted: 0, within: 0, ticks: 2, ticksWithin: 0.1 },
  ])("a canary that fails $rate of its probes is promoted in $promoted of the runs", (expected) => {
    const { promoted, meanTicks } = simulate(expected.rate);
    expect(Math.abs(promoted - expected.promoted)).toBeLessThanOrEqual(expected.within);
    expect(Math.abs(meanTicks - expected.ticks)).toBeLessThanOrEqual(expected.ticksWithin);
  });
});
