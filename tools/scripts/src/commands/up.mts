// `npm start`: local cloud, provisioning, deploy of the whole stack, health on the public addresses; then it serves, with
// the services' logs, until Ctrl-C.
import { join, resolve } from "node:path";
import { resolveStack, type Stack } from "@slipway/config";
import {
  createTarget,
  DeployError,
  type GoogleTarget,
  provision,
  readLogs,
  readStatus,
  systemRuntime,
  type UnitStatus,
} from "@slipway/deploy-sdk";
import { createCommand } from "../command.mts";
import { joinCloud } from "../local/join-cloud.mts";
import { parsePort } from "../local/parse-port.mts";
import { formatDuration } from "../present/format.mts";
import { statusText } from "../present/status.mts";
import { type CommandContext, runCommand } from "../run-command.mts";
import { ensureSystemPackages } from "../system-packages.mts";
import { deployWithNx } from "../up/deploy-with-nx.mts";
import { loadWrittenStack, workspace } from "../workspace.mts";

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

type Session = { readonly stack: Stack; readonly target: GoogleTarget };

async function followLogs({ stack, target }: Session, { signal, present }: CommandContext): Promise<void> {
  const units = stack.units.filter(({ kind }) => kind === "service" || kind === "worker").map(({ name }) => name);
  const width = Math.max(...units.map(({ length }) => length));
  const follow = async (unit: string): Promise<void> => {
    const lines = readLogs({ stack, target, unit, limit: 1, follow: true, signal, runtime: systemRuntime });
    for await (const { text } of lines) present.line(`${unit.padEnd(width)} | ${text}`);
  };
  await Promise.all(units.map(follow));
}

/** Milliseconds of each part, for `pnpm bench`. */
type Phases = {
  readonly cloudMs: number;
  readonly provisionMs: number;
  readonly deployMs: number;
  readonly verifyMs: number;
};

async function timed<Value>(work: () => Promise<Value>): Promise<{ readonly value: Value; readonly tookMs: number }> {
  const startedAt = performance.now();
  return { value: await work(), tookMs: Math.round(performance.now() - startedAt) };
}

async function bringUp(
  { stack, target }: Session,
  endpoint: string,
  context: CommandContext,
): Promise<{ readonly status: readonly UnitStatus[]; readonly phases: Omit<Phases, "cloudMs"> }> {
  const { signal, present } = context;
  const { json } = options;
  const session = { stack, target, signal, runtime: systemRuntime };
  const { value: report, tookMs: provisionMs } = await timed(() =>
    provision({ ...session, workspace, mode: "apply", emit: present.event }),
  );
  if (report.exitCode !== 0) {
    throw new DeployError("not-provisioned", {
      subject: "environment local",
      message: "is not complete",
      hint: "see above",
    });
  }
  const deploying = timed(() => deployWithNx({ endpoint, json, signal }));
  // Loaded while the deploy runs: it brings undici whole.
  const [{ tookMs: deployMs }, { verifyPublicAddresses }] = await Promise.all([
    deploying,
    import("../up/verify-public-addresses.mts"),
  ]);
  const { value: status, tookMs: verifyMs } = await timed(async () => {
    const units = await readStatus(session);
    await verifyPublicAddresses(stack, units, context);
    return units;
  });
  return { status, phases: { provisionMs, deployMs, verifyMs } };
}

async function up(context: CommandContext): Promise<number> {
  const { signal, present } = context;
  const startedAt = performance.now();
  await ensureSystemPackages("start", present.line);
  const written = await loadWrittenStack();
  const { endpoint = "http://127.0.0.1:8790" } = resolveStack(written, "local").environment;
  const [port, defaultPort] = [parsePort(options.port), Number(new URL(endpoint).port)];
  const dataDir = resolve(options.dataDir);
  const { value: cloud, tookMs: cloudMs } = await timed(() =>
    joinCloud({ dataDir, port, defaultPort, log: present.line }),
  );
  present.line(`local cloud  ${cloud.url}`);
  const stack = resolveStack(written, "local", { endpoint: cloud.url });
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  try {
    const { status, phases } = await bringUp({ stack, target }, cloud.url, context);
    const counters = await cloud.counters();
    const result = {
      cloud: cloud.url,
      tookMs: Math.round(performance.now() - startedAt),
      phases: { cloudMs, ...phases },
      counters,
      status,
    };
    present.result(result, () => statusText(status));
    present.line(`ready in ${formatDuration(performance.now() - startedAt)}`);
    for (const { kind, url } of status) if (kind === "site" && url) present.line(`open   ${url}`);
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
