// A child process whose lines can be waited for.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Child = {
  readonly pid: number;
  /** Every line so far, of both streams. */
  readonly lines: readonly string[];
  /** The first line, past or future, that fits. Rejects when the process ends without it, or after `timeoutMs`. */
  readonly line: (fits: (line: string) => boolean, timeoutMs?: number) => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  /** Ends it, at once if it still runs. */
  readonly dispose: () => Promise<void>;
};

export function startChild(program: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  let ended: number | NodeJS.Signals | undefined;
  const notify = () => {
    for (const watch of watchers) watch();
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      notify();
    });
  }
  const exit = once(child, "close").then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    ended = code ?? signal ?? 0;
    notify();
    return ended;
  });
  const line = (fits: (line: string) => boolean, timeoutMs = 15_000): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const give = (why: string) => reject(new Error(`${program}: ${why}; its lines:\n${lines.slice(-20).join("\n")}`));
    const timer = setTimeout(() => give(`no such line within ${timeoutMs} ms`), timeoutMs);
    const watch = () => {
      const found = lines.find(fits);
      if (found !== undefined) resolve(found);
      else if (ended !== undefined) give(`ended with ${ended} before such a line`);
    };
    watchers.add(watch);
    watch();
    return promise.finally(() => {
      clearTimeout(timer);
      watchers.delete(watch);
    });
  };
  return {
    pid: pidOf(child),
    lines,
    line,
    kill: (signal) => void child.kill(signal),
    exit,
    dispose: async () => {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the process did not start");
  return pid;
}
