import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { HealthClientError } from "../health-client-error.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { HealthReport, ProbeResult } from "../types.ts";
import { createGate, type Gate, type GateRule, withProbe } from "./gate.ts";
import type { GateVerdict } from "./judge-probe.ts";

export type RunGateOptions = GateRule & {
  /** One probe, `(signal) => client.probe(url, signal)`. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeResult>;
  /** For the whole gate. */
  readonly timeoutMs: number;
  /** Between two probes. Default 1000. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Monotonic, in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Default a real timer. Rejects or resolves when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** After each probe, with the gate as it stands. */
  readonly onProbe?: (result: ProbeResult, gate: Gate) => void;
};

/** Not passing is an outcome, not an exception. `verdict` says why the last answer was refused. */
export type GateResult =
  | { readonly outcome: "passed"; readonly probes: number; readonly tookMs: number; readonly report: HealthReport }
  | {
      readonly outcome: "failed";
      readonly cause: "timeout" | "aborted";
      readonly probes: number;
      readonly tookMs: number;
      readonly verdict?: Extract<GateVerdict, { pass: false }>;
      readonly last?: ProbeResult;
    };

const sleepWithTimer = async (ms: number, signal: AbortSignal) => {
  await delay(ms, undefined, { signal });
};

/** `undefined` when the signal aborts first: a probe that ignores its signal cannot hold the gate. */
const beforeAbort = <T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const settled = work.catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  return Promise.race([settled, promise]).finally(() => signal.removeEventListener("abort", onAbort));
};

/** The last word on a bad answer; a good one that came too late has none. */
const refusal = ({ verdict }: Gate): Extract<GateVerdict, { pass: false }> | undefined =>
  verdict?.pass === false ? verdict : undefined;

/** Probes until the gate has passed, `timeoutMs` is over or `signal` aborts. */
export const runGate = async (options: RunGateOptions): Promise<GateResult> => {
  const { probe, timeoutMs, intervalMs = 1_000, now = () => performance.now(), sleep = sleepWithTimer } = options;
  if (!(timeoutMs > 0))
    throw new HealthClientError("invalid-options", { subject: "gate", message: "timeoutMs must be positive" });
  const startedAt = now();
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  let gate = createGate({ passes: options.passes, expectedRevision: options.expectedRevision });
  let last: ProbeResult | undefined;
  while (!signal.aborted && now() - startedAt < timeoutMs) {
    const result = await beforeAbort(probe(signal), signal);
    // A probe that our own deadline ended says nothing of the service.
    if (result === undefined || signal.aborted) break;
    last = result;
    gate = withProbe(gate, result);
    options.onProbe?.(result, gate);
    if (gate.passed && result.kind === "report")
      return { outcome: "passed", probes: gate.probes, tookMs: now() - startedAt, report: result.report };
    await beforeAbort(sleep(intervalMs, signal), signal);
  }
  return {
    outcome: "failed",
    cause: options.signal?.aborted ? "aborted" : "timeout",
    probes: gate.probes,
    tookMs: now() - startedAt,
    ...omitUndefined({ verdict: refusal(gate), last }),
  };
};
