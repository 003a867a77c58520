// The instances of all revisions that run: one pool each.
import type { Instance, StartResult } from "./instance.ts";
import { InstancePool, type PoolCounts, type PoolLimits } from "./instance-pool.ts";
import { AcquireError, type Lease } from "./request-queue.ts";
import type { Workload } from "./workload.ts";

export type Fleet = {
  /** Makes sure that an instance of the revision has started once. Resolves with how that went. */
  readonly check: (revision: string, workload: Workload, limits: PoolLimits) => Promise<StartResult>;
  /** Keeps a pool for the revision, with these limits. */
  readonly keep: (revision: string, workload: Workload, limits: PoolLimits) => void;
  /** An instance that is free now; undefined where a request has to wait. */
  readonly tryAcquire: (revision: string) => Lease | undefined;
  /** Rejects with AcquireError, or with the signal's reason. */
  readonly acquire: (revision: string, signal: AbortSignal) => Promise<Lease>;
  readonly counts: (revision: string) => PoolCounts;
  /** Kills one ready instance of the revision. */
  readonly killOne: (revision: string) => boolean;
  readonly revisions: () => readonly string[];
  /** Ends the revision's instances; in the background, known to `closeAll`. */
  readonly close: (revision: string, drainMs: number) => void;
  readonly closeAll: () => Promise<void>;
};

export type FleetOptions = {
  readonly start: (workload: Workload) => Instance;
  readonly idleMs: number;
  readonly queueMs?: number;
};

const none: PoolCounts = { ready: 0, starting: 0, inFlight: 0, waiting: 0 };

export function createFleet({ start, idleMs, queueMs }: FleetOptions): Fleet {
  const pools = new Map<string, InstancePool>();
  const closing = new Set<Promise<void>>();

  const open = (revision: string, workload: Workload, limits: PoolLimits): InstancePool => {
    const present = pools.get(revision);
    if (present !== undefined) {
      present.setLimits(limits);
      return present;
    }
    const pool = new InstancePool({ start: () => start(workload), limits, idleMs, ...(queueMs && { queueMs }) });
    pools.set(revision, pool);
    return pool;
  };
  const close = (revision: string, drainMs: number): void => {
    const pool = pools.get(revision);
    if (pool === undefined) return;
    pools.delete(revision);
    const closed = pool.close(drainMs).finally(() => closing.delete(closed));
    closing.add(closed);
  };

  return {
    check: (revision, workload, limits) => open(revision, workload, limits).warm(),
    keep: (revision, workload, limits) => void open(revision, workload, limits),
    tryAcquire: (revision) => pools.get(revision)?.tryAcquire(),
    acquire: async (revision, signal) => {
      const pool = pools.get(revision);
      if (pool === undefined) throw new AcquireError({ kind: "closed" });
      return pool.acquire(signal);
    },
    counts: (revision) => pools.get(revision)?.counts ?? none,
    killOne: (revision) => pools.get(revision)?.killOne() ?? false,
    revisions: () => [...pools.keys()],
    close,
    closeAll: async () => {
      for (const revision of [...pools.keys()]) close(revision, 0);
      await Promise.all(closing);
    },
  };
}
