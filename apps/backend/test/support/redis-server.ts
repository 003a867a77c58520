// A real redis-server in a folder of its own, for one test file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { freePort } from "./free-port.ts";

export type RedisServer = {
  readonly port: number;
  readonly url: string;
  /** Nothing where it runs. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Neither answers nor closes, as a machine that hangs. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly dispose: () => Promise<void>;
};

/** @param settings lines of redis.conf, such as `{ requirepass: "…" }`; with `port: "0"` it speaks TLS alone. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const root = await mkdtemp(join(tmpdir(), "redis-"));
  const port = await freePort();
  const options = {
    port: String(port),
    "tls-port": "0",
    bind: "127.0.0.1",
    dir: root,
    save: "",
    appendonly: "yes",
    ...settings,
  };
  if (options.port === "0") options["tls-port"] = String(port);
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  let server: Child | undefined;

  const start = async () => {
    if (server) return;
    server = startChild("redis-server", args);
    await server.line((line) => line.includes("Ready to accept connections"));
  };
  const stop = async () => {
    server?.kill("SIGCONT");
    server?.kill("SIGTERM");
    await server?.exit;
    server = undefined;
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    start,
    stop,
    freeze: () => server?.kill("SIGSTOP"),
    thaw: () => server?.kill("SIGCONT"),
    dispose: async () => {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
