// Runs one of the workspace's commands as a person would, as a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export const workspace = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");

export type Finished = {
  /** As a shell tells it: 128 and the signal's number where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Objects of `--json`, one a line. */
  readonly events: readonly Record<string, unknown>[];
};

export type RunOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** As the leader of a process group of its own, which a terminal's Ctrl-C reaches as a whole. */
  readonly detached?: boolean;
};

export type Running = {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  readonly output: () => string;
};

const parseEvents = (stdout: string): readonly Record<string, unknown>[] =>
  stdout.split("\n").flatMap((line) => {
    try {
      return line.startsWith("{") ? [JSON.parse(line)] : [];
    } catch {
      return [];
    }
  });

/** Variables of the test's own run that would reach into what is tested. */
const clean = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const hidden = /^(DEPLOY_|NX_(?!ISOLATE)|VITEST|NODE_ENV$|FORCE_COLOR$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.test(name)));
};

export function startProcess([program = "", ...args]: readonly string[], options: RunOptions = {}): Running {
  const cwd = options.cwd ?? workspace;
  const PATH = `${cwd}/node_modules/.bin:${process.env["PATH"]}`;
  const child = spawn(program, args, {
    cwd,
    env: { ...clean(process.env), PATH, NO_COLOR: "1", ...options.env },
    stdio: "pipe",
    detached: options.detached ?? false,
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  // A command that reads nothing may have ended before there was something to read.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      clearTimeout(timer);
      const code = exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
      resolve({ code, stdout, stderr, events: parseEvents(stdout) });
    });
  });
  return { child, finished, output: () => stdout + stderr };
}

export const runProcess = (command: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  startProcess(command, options).finished;

/** `node tools/scripts/src/main.mjs <name> …`, which is what the scripts of package.json call. */
export const runScript = (name: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  runProcess(["node", "tools/scripts/src/main.mjs", name, ...args], options);
