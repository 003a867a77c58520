// `pnpm local`: the local cloud as a process of its own.
import { spawn } from "node:child_process";
import { mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { resolveStack } from "@slipway/config";
import { DeployError } from "@slipway/deploy-sdk";
import { certificateFile, ensureCertificate, type IamMode } from "@slipway/local-cloud";
import { type Command, Option } from "commander";
import { createCommand } from "../command.mts";
import { findCloud, type RunningCloud, stopCloud } from "../local/client.mts";
import { botoConfig, cloudVariables, exportLines } from "../local/environment.mts";
import { followFile } from "../local/follow-file.mts";
import { checkPort, parsePort } from "../local/parse-port.mts";
import { checkRemovable } from "../local/removable.mts";
import { serve } from "../local/serve.mts";
import { formatBytes, formatDuration } from "../present/format.mts";
import { type CommandContext, runCommand } from "../run-command.mts";
import { ensureSystemPackages } from "../system-packages.mts";
import { loadWrittenStack, workspace } from "../workspace.mts";

type Options = { readonly dataDir: string; readonly json: boolean };
type StartOptions = Options & {
  readonly port?: string;
  readonly iam?: IamMode;
  readonly foreground: boolean;
};

const logFile = (dataDir: string): string => join(dataDir, "cloud.log");
const localStack = async () => resolveStack(await loadWrittenStack(), "local");
const defaultPort = async (): Promise<number> =>
  Number(new URL((await localStack()).environment.endpoint ?? "http://127.0.0.1:8790").port);

async function requireCloud(dataDir: string): Promise<RunningCloud> {
  const cloud = await findCloud(dataDir);
  if (cloud) return cloud.server;
  throw new DeployError("not-found", {
    subject: "local cloud",
    message: `none runs on ${dataDir}`,
    hint: "pnpm local start",
  });
}

async function start({ signal, present }: CommandContext, options: StartOptions): Promise<number> {
  const asked = parsePort(options.port);
  const port = asked ?? (await defaultPort());
  const running = await findCloud(options.dataDir);
  if (running) {
    checkPort(running.server, asked);
    checkIam(running, options.iam);
    present.result(running.server, () => `runs already  ${running.server.url}  process ${running.server.pid}`);
    return 0;
  }
  await ensureSystemPackages("start", present.line);
  if (options.foreground)
    return serve({ signal, present }, { dataDir: options.dataDir, iam: options.iam ?? "off", port });
  const server = await startDetached(port, options, signal);
  present.result(server, () => `started  ${server.url}  process ${server.pid}`);
  return 0;
}

/** @throws {DeployError} `usage` where one runs that lets callers do what it is asked to refuse, or the other way round. */
function checkIam(
  { server, status }: Awaited<ReturnType<typeof findCloud>> & object,
  asked: IamMode | undefined,
): void {
  if (asked === undefined || asked === status.iam) return;
  throw new DeployError("usage", {
    subject: `--iam ${asked}`,
    message: `the local cloud of this folder runs already, at ${server.url}, with --iam ${status.iam}`,
    hint: "stop that one first:  pnpm local stop",
  });
}

const startDeadlineMs = 60_000;

/** Starts the same command in the background and waits until it answers, or tells the last lines of its log. */
async function startDetached(
  port: number,
  { dataDir, iam = "off" }: StartOptions,
  signal: AbortSignal,
): Promise<RunningCloud> {
  const log = openLog(dataDir);
  const file = fileURLToPath(new URL("../main.mjs", import.meta.url));
  const args = [file, "serve", JSON.stringify({ dataDir, port, iam })];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log], cwd: workspace });
  child.unref();
  const deadline = Date.now() + startDeadlineMs;
  while (Date.now() < deadline && child.exitCode === null) {
    const cloud = await findCloud(dataDir);
    if (cloud) return cloud.server;
    await sleep(50, undefined, { signal });
  }
  child.kill("SIGTERM");
  const details = await followFile(logFile(dataDir), { last: 10, follow: false, signal }).next();
  throw new DeployError("remote-failed", {
    subject: "local cloud",
    message: child.exitCode === null ? "did not answer within 60 s" : `ended with exit code ${child.exitCode}`,
    hint: "pnpm local start --foreground shows all it says",
    details: details.value ?? [],
  });
}

function openLog(dataDir: string): number {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return openSync(logFile(dataDir), "a", 0o600);
  } catch (cause) {
    const message = `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
    const hint = "name a folder that can be created and written";
    throw new DeployError("usage", { subject: dataDir, message, hint, cause });
  }
}

async function status({ present }: CommandContext, { dataDir }: Options): Promise<number> {
  const cloud = await findCloud(dataDir);
  present.result(cloud?.status ?? { running: false }, () =>
    cloud
      ? `runs  ${cloud.server.url}  process ${cloud.server.pid}  for ${formatDuration(cloud.status.uptimeMs)}  ${formatBytes(cloud.status.memoryBytes)}  ${dataDir}`
      : `does not run  ${dataDir}`,
  );
  return cloud ? 0 : 3;
}

async function stop({ signal, present }: CommandContext, { dataDir }: Options): Promise<number> {
  const cloud = await findCloud(dataDir);
  if (cloud) await stopCloud(cloud.server, signal);
  present.result({ stopped: cloud !== undefined }, () =>
    cloud ? `stopped  process ${cloud.server.pid}` : "does not run",
  );
  return 0;
}

async function reset({ signal, present }: CommandContext, { dataDir }: Options): Promise<number> {
  const cloud = await findCloud(dataDir);
  if (cloud) await stopCloud(cloud.server, signal);
  checkRemovable(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
  present.result({ removed: dataDir }, () => `removed  ${dataDir}`);
  return 0;
}

async function logs(
  { signal }: CommandContext,
  { dataDir, follow }: Options & { readonly follow: boolean },
): Promise<number> {
  for await (const lines of followFile(logFile(dataDir), { last: 200, follow, signal })) {
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
  return 0;
}

async function env({ present }: CommandContext, { dataDir }: Options): Promise<number> {
  const { port } = await requireCloud(dataDir);
  const configDir = join(dataDir, "gcloud");
  mkdirSync(configDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(configDir, "token"), "local\n", { mode: 0o600 });
  writeFileSync(join(configDir, "boto"), botoConfig, { mode: 0o600 });
  await ensureCertificate(dataDir);
  const { environment } = await localStack();
  const certificate = certificateFile(dataDir);
  const variables = cloudVariables({ port, project: environment.project, configDir, certificate });
  present.result(variables, () => exportLines(variables));
  return 0;
}

const program = createCommand(
  "pnpm local",
  "The local cloud: Google's APIs on loopback, really running what is deployed.",
  [
    "pnpm local start",
    "pnpm local start --iam enforce",
    'eval "$(pnpm -s local env)" && gcloud run services list',
    "pnpm local reset",
  ],
);

const subcommand = <Own extends Options>(
  name: string,
  description: string,
  action: (context: CommandContext, options: Own) => Promise<number>,
): Command =>
  program
    .command(name)
    .description(description)
    .option("--data-dir <folder>", "its state", join(workspace, ".local/cloud"))
    .option("--json", "the result as JSON", false)
    .action((options: Own) =>
      runCommand(options, (context) => action(context, { ...options, dataDir: resolve(options.dataDir) })),
    );

subcommand("start", "start it in the background", start)
  .option("--port <port>", "default: the one in stack.ts; 0: any free one")
  .option("--foreground", "stay, and end with Ctrl-C", false)
  .addOption(new Option("--iam <mode>", "what callers may do (default: off)").choices(["off", "record", "enforce"]));
subcommand("status", "does it run, where, since when", status);
subcommand("stop", "stop it and all that runs in it; its state stays", stop);
subcommand("reset", "stop it and remove its state", reset);
subcommand("logs", "what it said", logs).option("-f, --follow", "go on as it says more", false);
subcommand("env", "variables for gcloud, gsutil and their like", env);
await program.parseAsync();
