// Runs a tool of this machine: its lines as they come, the last ones kept for an error, its whole process group ended with us.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export type ToolRun = {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly line: (text: string) => void;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

export type ToolResult =
  | { readonly outcome: "exited"; readonly code: number | null; readonly lastLines: readonly string[] }
  /** Not on this machine. */
  | { readonly outcome: "missing" }
  | { readonly outcome: "late"; readonly lastLines: readonly string[] };

const keptLines = 40;
const lineLimit = 2000;
const killAfterMs = 5000;

/** @throws the signal's reason when it fires. */
export async function runTool({ command, env, line, deadlineMs, signal }: ToolRun): Promise<ToolResult> {
  signal.throwIfAborted();
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: an engine starts helpers, which must end with it.
    detached: true,
    env: { ...process.env, ...env },
  });
  const lastLines: string[] = [];
  const keep = (text: string): void => {
    const bounded = text.length > lineLimit ? `${text.slice(0, lineLimit)}…` : text;
    lastLines.push(bounded);
    if (lastLines.length > keptLines) lastLines.shift();
    line(bounded);
  };
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = (): void => endGroup(child);
  for (const source of [signal, deadline]) source.addEventListener("abort", stop, { once: true });
  try {
    const [code] = await Promise.all([exitOf(child), eachLine(child.stdout, keep), eachLine(child.stderr, keep)]);
    signal.throwIfAborted();
    if (code === "missing") return { outcome: "missing" };
    return deadline.aborted ? { outcome: "late", lastLines } : { outcome: "exited", code, lastLines };
  } finally {
    for (const source of [signal, deadline]) source.removeEventListener("abort", stop);
  }
}

const exitOf = (child: ChildProcess): Promise<number | null | "missing"> =>
  new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? resolve("missing") : reject(error),
    );
    child.once("close", (code) => resolve(code));
  });

async function eachLine(stream: Readable, take: (text: string) => void): Promise<void> {
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) take(text);
}

function endGroup(child: ChildProcess): void {
  signalGroup(child, "SIGTERM");
  const kill = setTimeout(() => signalGroup(child, "SIGKILL"), killAfterMs);
  child.once("close", () => clearTimeout(kill));
}

function signalGroup({ pid }: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It ended in between.
  }
}
