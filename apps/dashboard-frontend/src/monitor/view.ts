// Pure. What the page says now. Only a fresh answer can make it green:
//
//   no answer yet                          loading
//   the last probe brought no report       offline, timeout, cors, unreachable, unreadable
//   its report is older than three polls   stale
//   else                                   ok, degraded, down
import { isStale } from "@slipway/health-client/browser";
import type { Condition, Monitor } from "./monitor.ts";

export type Tone = "ok" | "warn" | "down" | "unknown";

export type View = {
  readonly condition: Condition | { readonly kind: "loading" | "stale" };
  readonly tone: Tone;
  /** How old the last readable report is; absent before the first. */
  readonly ageMs?: number;
  /** Whether components, revision and the like are of the latest probe; else they are the last known ones. */
  readonly isCurrent: boolean;
};

const toneOf = (kind: View["condition"]["kind"]): Tone => {
  if (kind === "ok") return "ok";
  if (kind === "degraded") return "warn";
  return kind === "down" ? "down" : "unknown";
};

const conditionNow = (last: NonNullable<Monitor["last"]>, now: number): View["condition"] => {
  const hasReport = toneOf(last.condition.kind) !== "unknown";
  return hasReport && isStale(last.at, last.intervalMs, now) ? { kind: "stale" } : last.condition;
};

export const viewOf = ({ last, answer }: Monitor, now: number): View => {
  const condition = last ? conditionNow(last, now) : ({ kind: "loading" } as const);
  const tone = toneOf(condition.kind);
  return {
    condition,
    tone,
    isCurrent: tone !== "unknown",
    ...(answer && { ageMs: Math.max(0, now - answer.at) }),
  };
};
