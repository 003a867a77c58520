// `npm start`: local cloud, provisioning, deploy of the whole stack, health on the public addresses; then it serves, with
// the services' logs, until Ctrl-C.
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { resolveStack, type Stack } from "@slipway/config";
import {
  createTarget,
  DeployError,
  provision,
  readLogs,
  readStatus,
  systemRuntime,
  type Target,
  type UnitStatus,
} from "@slipway/deploy-sdk";
import { probeHealth } from "@slipway/health-client";
import { type CommandContext, createCommand, runCommand } from "./command.mts";
import { joinCloud } from "./local/join-cloud.mts";
import { parsePort } from "./local/parse-port.mts";
import { formatDuration } from "./present/format.mts";
import { statusText } from "./present/status.mts";
import { ensureSystemPackages } from "./system-packages.mts";
import { loadWrittenStack, workspace } from "./workspace.mts";

type Options = { readonly once: boolean; readonly port?: string; readonly dataDir: string; readonly json: boolean };

const options = createCommand(
  "npm start --",
  "Brings the whole stack up on this machine: local cloud, provisioning, deploy, health.",
  ["npm start", "npm start -- --once", "npm start -- --port 8800"],
)
  .option("--once", "deploy, verify, stop, and exit with the right code", false)
  .option("--port <port>", "port of the local cloud (default: the one in stack.ts; 0: any free one)")
  .option("--data-dir <folder>", "state of the local cloud", join(workspace, ".local/cloud"))
  .option("--json", "one event a line on stdout", false)
  .parse()
  .opts<Options>();

const killAfterMs = 15_000;

/** The deploy as a person types it. Its tasks get the environment and its address; Ctrl-C is passed on, and waited for. */
function deployWithNx(endpoint: string, signal: AbortSignal): Promise<void> {
  const env = {
    ...process.env,
    DEPLOY_ENV: "local",
    DEPLOY_ENDPOINT: endpoint,
    ...(options.json && { DEPLOY_JSON: "1" }),
  };
  const child = spawn("nx", ["run-many", "-t", "deploy"], {
    cwd: workspace,
    env,
    stdio: ["ignore", options.json ? 1 : 2, 2],
  });
  const stop = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) fail(signal.reason);
      else if (code === 0) done();
      else
        fail(
          new DeployError("remote-failed", {
            subject: "the deploy",
            message: "did not finish",
            hint: "see above for the unit that failed",
          }),
        );
    });
  });
}

/** Asks each public address, as a user's browser would; the deploy has verified more, this is what its reader can repeat. */
async function verifyPublicAddresses(
  stack: Stack,
  units: readonly UnitStatus[],
  { signal, present }: CommandContext,
): Promise<void> {
  for (const unit of stack.units) {
    const url = units.find((status) => status.unit === unit.name)?.url;
    if (unit.kind !== "service" || !unit.public || !url) continue;
    const probe = await probeHealth(new URL(unit.healthDetailed, url).href, { signal, timeoutMs: 5000 });
    const status = probe.kind === "report" ? probe.report.status : probe.error;
    present.line(`${status === "pass" ? "✓" : "✗"} ${unit.name}  ${status}  ${new URL(unit.healthDetailed, url).href}`);
    if (status === "fail" || probe.kind === "error") {
      throw new DeployError("unhealthy", {
        subject: `service "${unit.name}"`,
        message: `its health is ${status}`,
        hint: `pnpm logs ${unit.name}`,
      });
    }
  }
}

type Session = { readonly stack: Stack; readonly target: Target };

async function followLogs({ stack, target }: Session, { signal, present }: CommandContext): Promise<void> {
  const units = stack.units.filter(({ kind }) => kind === "service" || kind === "worker").map(({ name }) => name);
  const width = Math.max(...units.map(({ length }) => length));
  const follow = async (unit: string): Promise<void> => {
    const lines = readLogs({ stack, target, unit, limit: 1, follow: true, signal, runtime: systemRuntime });
    for await (const { text } of lines) present.line(`${unit.padEnd(width)} | ${text}`);
  };
  await Promise.all(units.map(follow));
}

async function bringUp(session: Session, endpoint: string, context: CommandContext): Promise<readonly UnitStatus[]> {
  const { stack, target } = session;
  const { signal, present } = context;
  const report = await provision({ stack, target, mode: "apply", emit: present.event, signal, runtime: systemRuntime });
  if (report.exitCode !== 0)
    throw new DeployError("not-provisioned", {
      subject: "environment local",
      message: "is not complete",
      hint: "see above",
    });
  await deployWithNx(endpoint, signal);
  const status = await readStatus({ stack, target, signal, runtime: systemRuntime });
  await verifyPublicAddresses(stack, status, context);
  return status;
}

async function up(context: CommandContext): Promise<number> {
  const { signal, present } = context;
  const startedAt = performance.now();
  await ensureSystemPackages("start", present.line);
  const written = await loadWrittenStack();
  const { endpoint = "http://127.0.0.1:8790" } = resolveStack(written, "local").environment;
  const port = parsePort(options.port) ?? Number(new URL(endpoint).port);
  const cloud = await joinCloud({ dataDir: resolve(options.dataDir), port, log: present.line });
  present.line(`local cloud  ${cloud.url}`);
  const stack = resolveStack(written, "local", { endpoint: cloud.url });
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  try {
    const status = await bringUp({ stack, target }, cloud.url, context);
    const counters = await cloud.counters();
    present.result({ cloud: cloud.url, tookMs: Math.round(performance.now() - startedAt), counters, status }, () =>
      statusText(status),
    );
    present.line(`ready in ${formatDuration(performance.now() - startedAt)}`);
    if (options.once) return 0;
    present.line("Ctrl-C stops everything; what is deployed is found again by the next start.");
    await followLogs({ stack, target }, context).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    return 130;
  } finally {
    await target.close();
    await cloud.leave();
  }
}

await runCommand(options, up);
