// Runs a program to its end, in a process group of its own. The terminal's Ctrl-C is for this process alone: a program
// that it ended as well would look like one that failed, and what it was asked for would be recorded as failed.
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { killGroup } from "./kill-group.ts";

export type ProgramOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** After it the program is killed, and has failed. */
  readonly timeoutMs?: number;
};

const maxOutputBytes = 1024 ** 2;

/**
 * @returns its standard output, of which it may write 1 MiB.
 * @throws {Error} when it does not start or ends with anything but 0, with what it said on standard error.
 */
export async function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { timeoutMs = 60_000, ...rest } = options;
  const child = spawn(file, args, { ...rest, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const deadline = AbortSignal.timeout(timeoutMs);
  // With what it has started: that may hold its output open, which would be waited for without end.
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
  };
  deadline.addEventListener("abort", kill, { once: true });
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code === 0 ? "" : (signal ?? `exit code ${code}`)));
  });
  const [failure, stdout, stderr] = await Promise.all([ended, read(child.stdout, kill), read(child.stderr, kill)]);
  deadline.removeEventListener("abort", kill);
  if (failure === "") return stdout;
  const why = deadline.aborted ? `it took longer than ${timeoutMs} ms` : stderr.trim().slice(-2_000) || failure;
  throw new Error(`${file}: ${why}`);
}

async function read(stream: Readable, tooMuch: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) tooMuch();
    else chunks.push(chunk);
  });
  await new Promise((resolve) => stream.once("close", resolve));
  return Buffer.concat(chunks).toString();
}
