// Releases and rollbacks of a test, with what they need filled in.
import { randomUUID } from "node:crypto";
import type { Stack } from "@slipway/config";
import { drivers } from "../../src/drivers.ts";
import { createHolder, type Holder } from "../../src/engine/holder.ts";
import { renewMs } from "../../src/engine/lock-state.ts";
import { release } from "../../src/engine/release.ts";
import { createReleaseId } from "../../src/engine/release-id.ts";
import type { ReleaseOptions, ReleaseReport } from "../../src/engine/release-types.ts";
import { systemRuntime } from "../../src/engine/runtime.ts";
import type { InspectOptions } from "../../src/history/history-types.ts";
import { type RollbackOptions, rollback } from "../../src/history/rollback.ts";
import type { Target } from "../../src/target.ts";
import type { DeployEvent, Runtime } from "../../src/types.ts";

/** Real time, but the waits between two looks are short. Leases are renewed in their own time. */
export const quickRuntime: Runtime = {
  ...systemRuntime,
  sleep: (ms, signal) => systemRuntime.sleep(ms >= renewMs ? ms : Math.min(ms, 5), signal),
};

/** As if another process, already gone, on this machine: its lease counts for nothing. */
export const deadHolder = (): Holder => ({ ...createHolder(), id: randomUUID(), pid: 2 ** 30 });

let clock = Date.now();
/** Each later than the one before, so that records have an order. */
export function nextReleaseId(): string {
  clock = Math.max(clock + 1, Date.now());
  return createReleaseId({ now: () => new Date(clock), random: () => 0.5 });
}

export type Asked = Partial<Omit<ReleaseOptions, "stack" | "target">>;

export function releaseTo(target: Target, stack: Stack, asked: Asked = {}): Promise<ReleaseReport> {
  return release({ ...commonOptions(target, stack), mode: "apply", ...asked });
}

export const rollbackIn = (target: Target, stack: Stack, asked: Partial<RollbackOptions> & { readonly unit: string }) =>
  rollback({ ...commonOptions(target, stack), mode: "apply", ...asked });

const commonOptions = (target: Target, stack: Stack) => ({
  stack,
  target,
  workspace: "/nowhere",
  releaseId: nextReleaseId(),
  commit: { sha: "c0ffee".padEnd(40, "0"), dirty: false },
  emit: () => {},
  signal: new AbortController().signal,
  runtime: quickRuntime,
  drivers,
});

export const inspect = (target: Target, stack: Stack): InspectOptions => ({
  stack,
  target,
  signal: new AbortController().signal,
  runtime: quickRuntime,
});

/** `api: released`, in the order of the stack. */
export const outcomes = ({ results }: ReleaseReport): readonly string[] =>
  results.map(({ unit, status }) => `${unit}: ${status}`);

export function recordEvents() {
  const events: DeployEvent[] = [];
  return { events, emit: (event: DeployEvent) => void events.push(event) };
}

/** @throws {Error} where it did not fail */
export const failureOf = (report: ReleaseReport, unit: string) => {
  const result = report.results.find((each) => each.unit === unit);
  if (result?.status !== "failed") throw new Error(`${unit} did not fail: ${result?.status}`);
  return result;
};

export const servingOf = async (target: Target, service: string) =>
  (await target.services.get(service, { signal: new AbortController().signal, subject: service }))?.serving;
