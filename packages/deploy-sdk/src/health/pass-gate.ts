// The health gate of a service: so many good answers in a row, each from the revision that was deployed.
import type { Environment } from "@slipway/config";
import type { GateResult } from "@slipway/health-client";
import { abortedBy } from "../deploy-error.ts";
import type { Call } from "../target.ts";
import type { DeployEvent } from "../types.ts";

export type GateRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly revision: string;
  readonly gate: Environment["gate"];
  readonly unit: string;
  /** What is asked, for the progress line: `candidate`, `public URL`. */
  readonly label: string;
  readonly emit: (event: DeployEvent) => void;
};

const intervalMs = 500;
const probeTimeoutMs = 5000;

/** Not passing is an outcome, told by the reasons; an interruption throws. */
export async function passGate(request: GateRequest, { signal, subject }: Call): Promise<GateResult> {
  // Loaded when there is something to verify: it brings undici whole.
  const { createHealthClient, runGate } = await import("@slipway/health-client");
  const client = createHealthClient({ timeoutMs: probeTimeoutMs, headers: request.headers });
  const { unit, label, gate } = request;
  try {
    const result = await runGate({
      probe: (probing) => client.probe(request.url, probing),
      expectedRevision: request.revision,
      passes: gate.passes,
      timeoutMs: gate.timeoutMs,
      intervalMs,
      signal,
      onProbe: (_result, { streak }) =>
        request.emit({ type: "progress", unit, label, done: streak, total: gate.passes }),
    });
    if (signal.aborted) throw abortedBy(signal, subject);
    return result;
  } finally {
    await client.close();
  }
}

/** Why a gate was not passed, for a person: the last answer, and how often it was asked. */
export function gateRefusal(result: Extract<GateResult, { outcome: "failed" }>, revision: string): string {
  const { verdict, probes } = result;
  const times = `${probes} ${probes === 1 ? "probe" : "probes"}`;
  if (!verdict) return `it was not well often enough in a row before the time was over (${times})`;
  switch (verdict.reason) {
    case "no-answer":
      return `no answer: ${verdict.detail} (${times})`;
    case "wrong-revision":
      return `revision ${verdict.detail} answers, not ${revision} (${times})`;
    case "no-revision":
      return `the answer does not name its revision, so nobody knows who answers (${times})`;
    case "critical-check-failed":
    case "failing":
      return `failing: ${verdict.detail} (${times})`;
    case "unreadable":
      return `the answer is no health report: ${verdict.detail} (${times})`;
  }
}
