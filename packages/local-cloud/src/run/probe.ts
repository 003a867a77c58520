// Startup and liveness probes: https://cloud.google.com/run/docs/configuring/healthchecks
import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Probe } from "./model.ts";

export type ProbeTarget = {
  readonly host: string;
  readonly port: number;
};

const pollMs = 20;

/** Does something accept connections there? */
export const tcpAccepts = ({ host, port }: ProbeTarget, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });

/** Any code from 200 to 399 is well: https://cloud.google.com/run/docs/configuring/healthchecks#http-probes */
const httpAnswersWell = (
  target: ProbeTarget,
  probe: NonNullable<Probe["httpGet"]>,
  timeoutMs: number,
): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = Object.fromEntries((probe.httpHeaders ?? []).map(({ name, value = "" }) => [name, value]));
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get({ ...target, path: probe.path || "/", headers, signal, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 0) >= 200 && (response.statusCode ?? 0) < 400);
    });
    request.once("error", () => resolve(false));
  });

const portOf = (probe: Probe): number | undefined => probe.httpGet?.port ?? probe.tcpSocket?.port;

/** Once. A port that the probe names itself is meant for that port; `portOnMachine` says where it is here. */
export const runProbe = (probe: Probe, target: ProbeTarget): Promise<boolean> => {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  return probe.httpGet ? httpAnswersWell(target, probe.httpGet, timeoutMs) : tcpAccepts(target, timeoutMs);
};

/** Where a probe looks on this machine: the container's own port is another one here, others are as they are. */
export const probeTarget = (probe: Probe, host: string, containerPort: number, actualPort: number): ProbeTarget => {
  const port = portOf(probe) ?? containerPort;
  return { host, port: port === containerPort ? actualPort : port };
};

/** `HTTP` or `TCP`, as Cloud Run's log lines name them. */
export const probeKind = ({ httpGet }: Probe): "HTTP" | "TCP" => (httpGet ? "HTTP" : "TCP");

export type StartupOutcome = { readonly succeeded: boolean; readonly attempts: number };

const waitForPort = async (target: ProbeTarget, untilMs: number, signal: AbortSignal): Promise<boolean> => {
  while (performance.now() < untilMs) {
    signal.throwIfAborted();
    if (await tcpAccepts(target, Math.max(1, untilMs - performance.now()))) return true;
    await delay(pollMs, undefined, { signal });
  }
  return false;
};

/**
 * Waits until the probe succeeds or its attempts are used up. An attempt has its whole period: within it, what does not
 * listen yet is looked at again at once, so that a quick start is not held up by a slow period.
 * @param budgetMs instead of attempts times period, for the probe that nobody asked for
 */
export async function awaitStartup(
  probe: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
  budgetMs = Number.POSITIVE_INFINITY,
): Promise<StartupOutcome> {
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = probe;
  await delay(initialDelaySeconds * 1000, undefined, { signal });
  const periodMs = Math.min(periodSeconds * 1000, budgetMs);
  for (let attempt = 1; attempt <= failureThreshold; attempt++) {
    const until = performance.now() + periodMs;
    if ((await waitForPort(target, until, signal)) && (await runProbe(probe, target)))
      return { succeeded: true, attempts: attempt };
    if (attempt < failureThreshold) await delay(Math.max(0, until - performance.now()), undefined, { signal });
  }
  return { succeeded: false, attempts: failureThreshold };
}

/** Resolves when the probe has failed as often in a row as it may, with that number; rejects when aborted. */
export async function awaitLivenessFailure(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<number> {
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = probe;
  await delay(initialDelaySeconds * 1000, undefined, { signal });
  for (let failures = 0; failures < failureThreshold; ) {
    await delay(periodSeconds * 1000, undefined, { signal });
    failures = (await runProbe(probe, target)) ? 0 : failures + 1;
  }
  return failureThreshold;
}
