// Pure. Wald's sequential probability ratio test on a canary, paired with its baseline: both are probed in the same tick,
// and a tick in which the baseline fails is void, so that a network's bad minute is not the canary's.
//
// With failure rates p0 (good) and p1 (bad) and error rates α (a good one rolled back) and β (a bad one promoted):
//   a failure adds ln(p1/p0), a pass adds ln((1−p1)/(1−p0)), which is negative;
//   roll back at ≥ ln((1−β)/α), promote at ≤ ln(β/(1−α)). A. Wald, Sequential Analysis, 1947.
// The defaults: 1 % against 5 %, α .05, β .01: +1.609, −0.0412, 2.986, −4.554; without a failure it promotes after 111.
import { HealthClientError } from "../health-client-error.ts";

export type SprtRule = {
  readonly goodRate: number;
  readonly badRate: number;
  readonly alpha: number;
  readonly beta: number;
  /** First ticks that count for nothing: cold caches. */
  readonly warmupTicks: number;
  /** That many failures of the canary in a row roll back at once. */
  readonly vetoFailures: number;
  /** More void ticks hold: nothing was learnt. */
  readonly maxVoids: number;
  /** Counted ticks without a decision hold; it never promotes by waiting. */
  readonly maxTicks: number;
};

export const defaultSprtRule: SprtRule = {
  goodRate: 0.01,
  badRate: 0.05,
  alpha: 0.05,
  beta: 0.01,
  warmupTicks: 5,
  vetoFailures: 5,
  maxVoids: 60,
  maxTicks: 400,
};

export type SprtDecision =
  | { readonly action: "continue" }
  | { readonly action: "promote" }
  | { readonly action: "rollback"; readonly reason: "error-rate" | "failures-in-a-row" }
  | { readonly action: "hold"; readonly reason: "baseline-failing" | "undecided" };

export type Sprt = {
  readonly rule: SprtRule;
  readonly logRatio: number;
  /** All ticks, with those of the warm-up and void ones. */
  readonly seen: number;
  readonly counted: number;
  readonly voids: number;
  readonly failures: number;
  readonly failuresInARow: number;
  readonly decision: SprtDecision;
};

/** Whether the canary's and the baseline's probe of one tick passed the gate (`judgeProbe`). */
export type SprtTick = { readonly canary: boolean; readonly baseline: boolean };

const isBetween = (value: number, low: number, high: number) => value > low && value < high;

export const createSprt = (overrides: Partial<SprtRule> = {}): Sprt => {
  const rule = { ...defaultSprtRule, ...overrides };
  const { goodRate, badRate, alpha, beta } = rule;
  if (
    !isBetween(goodRate, 0, badRate) ||
    !isBetween(badRate, 0, 1) ||
    !isBetween(alpha, 0, 0.5) ||
    !isBetween(beta, 0, 0.5)
  )
    throw new HealthClientError("invalid-options", {
      subject: "canary test",
      message: "rates must be 0 < goodRate < badRate < 1, alpha and beta between 0 and 0.5",
    });
  return {
    rule,
    logRatio: 0,
    seen: 0,
    counted: 0,
    voids: 0,
    failures: 0,
    failuresInARow: 0,
    decision: { action: "continue" },
  };
};

const decide = (sprt: Omit<Sprt, "decision">): SprtDecision => {
  const { rule, logRatio } = sprt;
  if (logRatio >= Math.log((1 - rule.beta) / rule.alpha)) return { action: "rollback", reason: "error-rate" };
  if (sprt.failuresInARow >= rule.vetoFailures) return { action: "rollback", reason: "failures-in-a-row" };
  if (logRatio <= Math.log(rule.beta / (1 - rule.alpha))) return { action: "promote" };
  if (sprt.voids > rule.maxVoids) return { action: "hold", reason: "baseline-failing" };
  return sprt.counted >= rule.maxTicks ? { action: "hold", reason: "undecided" } : { action: "continue" };
};

/** The test after one more tick. A test that has decided stays so. */
export const withTick = (sprt: Sprt, { canary, baseline }: SprtTick): Sprt => {
  if (sprt.decision.action !== "continue") return sprt;
  const { rule } = sprt;
  const seen = sprt.seen + 1;
  if (seen <= rule.warmupTicks) return { ...sprt, seen };
  if (!baseline) {
    const next = { ...sprt, seen, voids: sprt.voids + 1 };
    return { ...next, decision: decide(next) };
  }
  const step = canary ? Math.log((1 - rule.badRate) / (1 - rule.goodRate)) : Math.log(rule.badRate / rule.goodRate);
  const next = {
    ...sprt,
    seen,
    counted: sprt.counted + 1,
    logRatio: sprt.logRatio + step,
    failures: sprt.failures + (canary ? 0 : 1),
    failuresInARow: canary ? 0 : sprt.failuresInARow + 1,
  };
  return { ...next, decision: decide(next) };
};
