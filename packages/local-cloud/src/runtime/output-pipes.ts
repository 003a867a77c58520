// Real pipes for a container's output. Node gives a child sockets, and a program that opens /dev/stdout (nginx, shell
// scripts) cannot open a socket.
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { runProgram } from "../processes/run-program.ts";

export type OutputPipe = {
  readonly read: Readable;
  /** Descriptor for the child's side; closed by `release` once the child has its own. */
  readonly write: number;
};

export type OutputPipes = { readonly stdout: OutputPipe; readonly stderr: OutputPipe; readonly release: () => void };

const openPipe = (path: string): OutputPipe => {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  return { read: new Socket({ fd: read, readable: true, writable: false }), write };
};

/** In `dir`, which must exist and be ours alone. */
export async function openOutputPipes(dir: string): Promise<OutputPipes> {
  const paths = [join(dir, "stdout"), join(dir, "stderr")] as const;
  await runProgram("mkfifo", ["-m", "600", ...paths]);
  const [stdout, stderr] = [openPipe(paths[0]), openPipe(paths[1])];
  for (const path of paths) rmSync(path);
  return {
    stdout,
    stderr,
    release: () => {
      closeSync(stdout.write);
      closeSync(stderr.write);
    },
  };
}
