// Pure. The first form of the gate: so many good answers in a row from the revision that was deployed. It is a smoke
// test (a canary that fails 5 % of its requests passes three in a row 86 % of the time); `sprt.ts` is the judge of canaries.
import { HealthClientError } from "../health-client-error.ts";
import type { ProbeResult } from "../types.ts";
import { type GateVerdict, judgeProbe } from "./judge-probe.ts";

export type GateRule = {
  /** Every counted answer must name it. Leave it out only for backends that cannot name theirs. */
  readonly expectedRevision?: string | undefined;
  /** Good answers in a row. */
  readonly passes: number;
};

export type Gate = {
  readonly rule: GateRule;
  readonly probes: number;
  /** Good answers since the last bad one. */
  readonly streak: number;
  readonly passed: boolean;
  readonly verdict?: GateVerdict;
};

export const createGate = (rule: GateRule): Gate => {
  if (!Number.isInteger(rule.passes) || rule.passes < 1)
    throw new HealthClientError("invalid-options", {
      subject: "gate",
      message: "passes must be a whole number, at least 1",
    });
  return { rule, probes: 0, streak: 0, passed: false };
};

/** The gate after one more answer. A gate that has passed stays so. */
export const withProbe = (gate: Gate, result: ProbeResult): Gate => {
  if (gate.passed) return gate;
  const verdict = judgeProbe(result, gate.rule.expectedRevision);
  const streak = verdict.pass ? gate.streak + 1 : 0;
  return { rule: gate.rule, probes: gate.probes + 1, streak, passed: streak >= gate.rule.passes, verdict };
};
