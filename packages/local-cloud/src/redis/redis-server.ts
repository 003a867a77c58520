// One instance's server: a child on loopback, kept running.
import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { diesWithParent } from "../processes/dies-with-parent.ts";
import { endStaleProcess } from "../processes/end-stale-process.ts";
import { openLogFile } from "../processes/log-file.ts";
import { createSupervisedProcess, type ProcessSpec } from "../processes/supervised-process.ts";
import { ping } from "./ping.ts";
import type { RedisBinary } from "./redis-binary.ts";
import { type RedisSettings, renderConfig } from "./redis-config.ts";

export type RedisServerOptions = {
  readonly instance: string;
  readonly findBinary: () => Promise<RedisBinary>;
  /** Asked at each start. Its folder is made when missing. */
  readonly settings: () => RedisSettings;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

export type RedisServer = {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Stops it and removes all that it has. */
  readonly destroy: () => Promise<void>;
};

export function createRedisServer({ instance, findBinary, settings, log, signal }: RedisServerOptions): RedisServer {
  const prepare = async (): Promise<ProcessSpec> => {
    const { file } = await findBinary();
    const current = settings();
    const { dir, port, password } = current;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    await endStaleProcess({ pidFile: join(dir, "redis.pid"), dir, stopSignal: "SIGTERM" }, signal);
    const configFile = join(dir, "redis.conf");
    writeFileSync(configFile, renderConfig(current), { mode: 0o600 });
    const logFile = openLogFile(join(dir, "redis.log"));
    return {
      subject: `Redis of instance "${instance}"`,
      command: diesWithParent({ file, args: [configFile] }, "SIGTERM"),
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", logFile.fd, logFile.fd],
      onSpawn: logFile.close,
      isReady: (deadline, pid) => ping({ port, password, pid }, deadline),
      readyTimeoutMs: 30_000,
      stopSignal: "SIGTERM",
      stopTimeoutMs: 10_000,
    };
  };
  const { start, stop, isRunning } = createSupervisedProcess({ prepare, log });
  return {
    ...{ start, stop, isRunning },
    destroy: async () => {
      await stop();
      await rm(settings().dir, { recursive: true, force: true });
    },
  };
}
