// One instance of a workload: from the port it gets to the moment its process has ended.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ContainerRuntime, RunningContainer } from "../runtime/container-runtime.ts";
import type { PortPool } from "../runtime/free-port.ts";
import type { LogSource } from "../runtime/log-entry.ts";
import { RuntimeError } from "../runtime/runtime-error.ts";
import { GoogleError } from "../server/google-error.ts";
import { type EnvironmentSources, resolveEnvironment } from "./container-environment.ts";
import { createInstanceReport, type InstanceReport, memoryOf } from "./instance-report.ts";
import { awaitLivenessFailure, awaitStartup, type ProbeTarget, probeTarget, tcpAccepts } from "./probe.ts";
import {
  exitedAtStart,
  neverListened,
  platformFailed,
  type StartFailure,
  secretUnreadable,
  startupProbeFailed,
} from "./start-failure.ts";
import { containerPort, isDefaultStartupProbe } from "./template-defaults.ts";
import { systemVariables, type Workload } from "./workload.ts";

export type InstanceAddress = ProbeTarget;
export type StartResult = { readonly ready: true } | { readonly ready: false; readonly failure: StartFailure };

export type Instance = {
  readonly id: string;
  /** Something listens there once it is ready. */
  readonly address: () => InstanceAddress;
  /** Never rejects. */
  readonly started: Promise<StartResult>;
  /** Resolves when its process has ended, or never began. */
  readonly ended: Promise<void>;
  /** SIGTERM, and SIGKILL after the grace; ends a start that is under way. */
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
};

export type InstanceSources = EnvironmentSources & {
  readonly runtime: ContainerRuntime;
  readonly ports: PortPool;
  /** Where instances are reached: another address than 127.0.0.1 finds out what listens on localhost only. */
  readonly host: string;
  /** Budget of the startup probe that every service has. Google's is four minutes. */
  readonly startupMs: number;
  /** How long a worker's process must live to count as started, when it has no probe. */
  readonly settleMs: number;
  /** Extra time before a start, ordered as a fault. */
  readonly startDelayMs: (workload: Workload) => number;
};

/** An instance from the inside. */
type Running = {
  readonly id: string;
  readonly workload: Workload;
  readonly sources: InstanceSources;
  readonly log: LogSource;
  readonly report: InstanceReport;
  /** Aborted when it is to end, or has. */
  readonly ending: AbortController;
  address: InstanceAddress;
  process?: RunningContainer;
  exited: Promise<void>;
};

const localhostOnly = "127.0.0.1";

const toFailure = (error: unknown): StartFailure => {
  if (error instanceof GoogleError) return secretUnreadable(error.message);
  if (error instanceof RuntimeError && error.code === "command-missing") return exitedAtStart;
  return platformFailed(error instanceof Error ? error.message : String(error));
};

/** The sentence that a container's kind of probe has. */
const startupFailure = ({ owner, container }: Workload): StartFailure => {
  if (owner.kind === "services" && isDefaultStartupProbe(container.startupProbe))
    return neverListened(containerPort(container));
  return container.startupProbe ? startupProbeFailed : exitedAtStart;
};

const launch = ({ id, workload, sources, log, report, ending, address }: Running): Promise<RunningContainer> => {
  const { container, template, image, owner } = workload;
  const { env, mounts, warnings } = resolveEnvironment(container, template, owner.project, sources);
  for (const warning of warnings) report.warn(warning);
  const { command = [], args = [], workingDir = "" } = container;
  const variables = { ...env, ...systemVariables(workload, address.port) };
  const memoryBytes = memoryOf(container);
  return sources.runtime.start(
    { id, image, command, args, workingDir, env: variables, memoryBytes, mounts, log },
    ending.signal,
  );
};

/** A common mistake that a laptop forgives and Cloud Run does not. */
const explainSilence = async ({ address, report }: Running, port: number): Promise<void> => {
  if (address.host !== localhostOnly && (await tcpAccepts({ host: localhostOnly, port: address.port }, 1000))) {
    report.fail(
      "The container listens on localhost only. On Cloud Run it must listen on 0.0.0.0, on the port that PORT names.",
    );
  } else {
    report.fail(`Nothing listens on PORT=${address.port}, which stands for ${port} on this machine.`);
  }
};

const probeStartup = async (running: Running): Promise<boolean> => {
  const { workload, sources, report, ending, address } = running;
  const { container } = workload;
  const probe = container.startupProbe;
  if (probe === undefined) {
    await delay(sources.settleMs, undefined, { signal: ending.signal });
    return true;
  }
  const port = containerPort(container);
  const budget = isDefaultStartupProbe(probe) ? sources.startupMs : undefined;
  const outcome = await awaitStartup(
    probe,
    probeTarget(probe, address.host, port, address.port),
    ending.signal,
    budget,
  );
  report.startup(probe, outcome);
  if (!outcome.succeeded) await explainSilence(running, port);
  return outcome.succeeded;
};

const watchLiveness = async ({ workload, report, ending, address, process }: Running): Promise<void> => {
  const probe = workload.container.livenessProbe;
  if (probe === undefined) return;
  const target = probeTarget(probe, address.host, containerPort(workload.container), address.port);
  report.liveness(probe, await awaitLivenessFailure(probe, target, ending.signal));
  process?.kill("SIGKILL");
};

const watchExit = async ({ report, ending }: Running, process: RunningContainer): Promise<void> => {
  const exit = await process.exited;
  report.exit(exit, ending.signal.aborted);
  ending.abort(new Error("the process has ended"));
};

const failStart = ({ report, ending }: Running, error: unknown): StartResult => {
  const failure = toFailure(error);
  if (!ending.signal.aborted) {
    report.fail(error instanceof RuntimeError ? `Application failed to start: ${error.message}` : failure.message);
  }
  return { ready: false, failure };
};

const start = async (running: Running, port: number): Promise<StartResult> => {
  const { workload, sources, ending } = running;
  running.address = { host: sources.host, port };
  try {
    await delay(sources.startDelayMs(workload), undefined, { signal: ending.signal });
    running.process = await launch(running);
  } catch (error) {
    return failStart(running, error);
  }
  running.exited = watchExit(running, running.process);
  if (await probeStartup(running).catch(() => false)) {
    watchLiveness(running).catch(() => {}); // ends with the process
    return { ready: true };
  }
  running.process.kill("SIGKILL");
  await running.exited;
  return { ready: false, failure: startupFailure(workload) };
};

const startOnPort = async (running: Running): Promise<StartResult> => {
  try {
    const lease = await running.sources.ports.lease();
    const result = await start(running, lease.port);
    void running.exited.finally(lease.release);
    return result;
  } catch (error) {
    return failStart(running, error);
  }
};

const stop = async (running: Running, started: Promise<StartResult>): Promise<void> => {
  running.ending.abort(new Error("the instance is stopped"));
  await running.process?.stop();
  await started;
  await running.exited;
};

export function startInstance(workload: Workload, sources: InstanceSources): Instance {
  const id = randomUUID();
  const log: LogSource = { ...workload.log, labels: { instanceId: id } };
  const running: Running = {
    ...{ id, workload, sources, log },
    report: createInstanceReport(sources.runtime, log, workload.container),
    ending: new AbortController(),
    address: { host: sources.host, port: 0 },
    exited: Promise.resolve(),
  };
  const started = startOnPort(running);
  return {
    id,
    address: () => running.address,
    started,
    ended: started.then(() => running.exited),
    stop: () => stop(running, started),
    kill: () => running.process?.kill("SIGKILL"),
  };
}
