// Pure. Conditions of resources: https://cloud.google.com/run/docs/reference/rest/v2/Condition
import type { Condition, ConditionState } from "./model.ts";

type Reason = Pick<Condition, "reason" | "revisionReason" | "executionReason">;

export const condition = (
  type: string,
  state: ConditionState,
  now: Date,
  { message, reason, revisionReason, executionReason }: { readonly message?: string } & Reason = {},
): Condition => ({
  type,
  state,
  ...(message && { message }),
  lastTransitionTime: now.toISOString(),
  ...(state === "CONDITION_FAILED" && { severity: "ERROR" as const }),
  ...(reason && { reason }),
  ...(revisionReason && { revisionReason }),
  ...(executionReason && { executionReason }),
});

export const succeeded = (type: string, now: Date): Condition => condition(type, "CONDITION_SUCCEEDED", now);
export const reconciling = (type: string, now: Date, message?: string): Condition =>
  condition(type, "CONDITION_RECONCILING", now, message ? { message } : {});
export const failed = (type: string, now: Date, why: { readonly message: string } & Reason): Condition =>
  condition(type, "CONDITION_FAILED", now, why);

/** Keeps the time of a condition that says what it said before. */
export const keepTransitions = (next: readonly Condition[], previous: readonly Condition[]): readonly Condition[] =>
  next.map((one) => {
    const before = previous.find(({ type }) => type === one.type);
    return before && before.state === one.state && before.message === one.message ? before : one;
  });

export const conditionOf = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((one) => one.type === type);

export const isReady = ({ conditions }: { readonly conditions: readonly Condition[] }): boolean =>
  conditionOf(conditions, "Ready")?.state === "CONDITION_SUCCEEDED";
export const hasFailed = ({ conditions }: { readonly conditions: readonly Condition[] }): boolean =>
  conditionOf(conditions, "Ready")?.state === "CONDITION_FAILED";
