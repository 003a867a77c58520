// What plans are put together from. Pure.
import type { Stack } from "@slipway/config";
import type { Change } from "../types.ts";
import { type Action, apisId, type Observed, type Problem, type Step } from "./provision-types.ts";

/** A part of the plan: what is kept has a change and no step. */
export type Part = {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
};
export type Planner = (stack: Stack, observed: Observed) => Part;

export const none: Part = { changes: [], steps: [], problems: [] };
export const keep = (resource: string): Part => ({ ...none, changes: [{ kind: "keep", resource, details: [] }] });

type StepHead = {
  readonly id: string;
  readonly kind?: Change["kind"];
  readonly details?: readonly string[];
  readonly after?: readonly string[];
};

export function step({ id, kind = "create", details = [], after = [apisId] }: StepHead, action: Action): Part {
  const change: Change = { kind, resource: id, details };
  return { changes: [change], steps: [{ id, change, after, action }], problems: [] };
}

export const join = (parts: readonly Part[]): Part => ({
  changes: parts.flatMap(({ changes }) => changes),
  steps: parts.flatMap(({ steps }) => steps),
  problems: parts.flatMap(({ problems }) => problems),
});
