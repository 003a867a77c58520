// Runs of the whole stack, as they are typed, with how long they took.
import { rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { workspace } from "../workspace.mts";
import { type BenchCloud, type Place, shell } from "./bench-cloud.mts";

/** A port is part of the state: addresses that hold it are in what is deployed. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

export type Start = {
  /** From the command to the line that says that all is well. */
  readonly readyMs: number;
  readonly provisionMs: number;
  readonly deployMs: number;
  readonly writes: number;
};

/** `npm start -- --once`, to its end. */
export async function start({ dataDir, port }: Place, env: NodeJS.ProcessEnv = {}): Promise<Start> {
  const startedAt = performance.now();
  const command = ["start", "--silent", "--", "--once", "--json", "--port", String(port), "--data-dir", dataDir];
  const running = shell({ env: { ...process.env, ...env } })`npm ${command}`;
  let ready: Start | undefined;
  for await (const line of running) {
    if (!line.includes('"phases"')) continue;
    const { phases, counters } = JSON.parse(line).result;
    const { provisionMs, deployMs } = phases;
    ready = { readyMs: performance.now() - startedAt, provisionMs, deployMs, writes: counters.writes.total };
  }
  await running;
  if (!ready) throw new Error("npm start said nothing of how long it took");
  return ready;
}

/** Without what the workspace has cached of layers and compiled code, which comes back whatever happens, and of Nx. */
export async function withoutCaches<Value>(
  folder: string,
  work: (env: NodeJS.ProcessEnv) => Promise<Value>,
): Promise<Value> {
  const cache = join(workspace, ".local/cache");
  const aside = join(workspace, `.local/cache-aside-${process.pid}`);
  const moved = await rename(cache, aside).then(
    () => true,
    () => false,
  );
  try {
    return await work({ NX_CACHE_DIRECTORY: join(folder, "nx"), NX_WORKSPACE_DATA_DIRECTORY: join(folder, "nx-data") });
  } finally {
    if (moved) {
      await rm(cache, { recursive: true, force: true });
      await rename(aside, cache);
    }
  }
}

/** `nx run-many -t deploy` as it is typed, against a cloud on which everything is as it should be. */
export async function noop({ url, status }: BenchCloud): Promise<number> {
  const env = { ...process.env, DEPLOY_ENV: "local", DEPLOY_ENDPOINT: url };
  const deploy = async (): Promise<number> => {
    const startedAt = performance.now();
    await shell({ env })`nx run-many -t deploy`;
    return performance.now() - startedAt;
  };
  // The first one may still meet instances that are starting.
  await deploy();
  const before = (await status()).counters.writes.total;
  const tookMs = await deploy();
  const writes = (await status()).counters.writes.total - before;
  if (writes > 0) throw new Error(`a deploy with nothing to do has written ${writes} times`);
  return tookMs;
}
