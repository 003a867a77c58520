// Connections to instances, kept for reuse and dropped with the instance.
import { createRequire } from "node:module";
import type { Pool } from "undici";
import type { Lease } from "../run/request-queue.ts";

/** All of undici would be fetch, WebSocket, mocks and caches as well: half of its load, and none of it is used here. */
const PoolClass = createRequire(import.meta.url)("undici/lib/dispatcher/pool.js") as typeof Pool;

export type Upstreams = {
  readonly of: (lease: Lease) => Pool;
  readonly close: () => Promise<void>;
};

/** Below what servers commonly keep an idle connection for (Node and uvicorn 5 s), so that this side closes first. */
const keepAliveMs = 4_000;

export function createUpstreams(): Upstreams {
  const pools = new Map<string, Pool>();

  const open = (origin: string, lost: AbortSignal): Pool => {
    const pool = new PoolClass(origin, {
      // As many as requests that are under way; how many those may be is the instance's concurrency.
      connections: null,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // The request's own timeout is all there is.
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: 10_000,
    });
    pools.set(origin, pool);
    const drop = (): void => {
      pools.delete(origin);
      pool.destroy().catch(() => {});
    };
    if (lost.aborted) drop();
    else lost.addEventListener("abort", drop, { once: true });
    return pool;
  };

  return {
    of: ({ address, lost }) => {
      const origin = `http://${address.host}:${address.port}`;
      return pools.get(origin) ?? open(origin, lost);
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
