// Finds a server that speaks Redis on this machine.
import { findExecutable } from "../processes/find-executable.ts";
import { runProgram } from "../processes/run-program.ts";

export type RedisBinary = {
  readonly file: string;
  /** `7.0.15` */
  readonly version: string;
};

export const installHint =
  "install redis-server or valkey-server and put it on PATH (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL to a running one";

/** Redis before Valkey. */
export async function findRedis(): Promise<RedisBinary | undefined> {
  for (const name of ["redis-server", "valkey-server"]) {
    const file = findExecutable(name, ["/usr/sbin", "/opt/homebrew/bin", "/usr/local/bin"]);
    const version = file && (await readVersion(file));
    if (file && version) return { file, version };
  }
  return undefined;
}

async function readVersion(file: string): Promise<string | undefined> {
  try {
    return /\bv=(\d+\.\d+\.\d+)/.exec(await runProgram(file, ["--version"], { timeoutMs: 5_000 }))?.[1];
  } catch {
    return undefined;
  }
}
