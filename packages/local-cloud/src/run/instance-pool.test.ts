import { describe, expect, it, onTestFinished } from "vitest";
import type { Instance, StartResult } from "./instance.ts";
import { InstancePool, type PoolOptions } from "./instance-pool.ts";
import { neverListened } from "./start-failure.ts";

type Controlled = Instance & {
  readonly ready: () => void;
  readonly fail: () => void;
  readonly crash: () => void;
  readonly stopped: () => boolean;
};

/** An instance whose life is in the test's hands. */
const control = (port: number): Controlled => {
  const started = Promise.withResolvers<StartResult>();
  const ended = Promise.withResolvers<void>();
  let stopped = false;
  const end = async (): Promise<void> => {
    stopped = true;
    started.resolve({ ready: false, failure: neverListened(8080) });
    ended.resolve();
  };
  return {
    ...{
      id: String(port),
      address: () => ({ host: "127.0.0.1", port }),
      started: started.promise,
      ended: ended.promise,
    },
    ready: () => started.resolve({ ready: true }),
    fail: () => void end(),
    crash: () => ended.resolve(),
    stop: end,
    kill: () => ended.resolve(),
    stopped: () => stopped,
  };
};

const open = (limits: Partial<PoolOptions["limits"]> = {}, options: Partial<PoolOptions> = {}) => {
  const instances: Controlled[] = [];
  const pool = new InstancePool({
    start: () => {
      const instance = control(1000 + instances.length);
      instances.push(instance);
      return instance;
    },
    limits: { min: 0, max: 10, concurrency: 2, ...limits },
    idleMs: 60_000,
    ...options,
  });
  onTestFinished(() => pool.close(0));
  return { pool, instances };
};

const signal = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const kind = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "lease",
    (error: { failure?: { kind: string }; message: string }) => error.failure?.kind ?? error.message,
  );

describe("a pool", () => {
  it("starts one instance for a request that finds none, and more only for more than it may take at once", async () => {
    const { pool, instances } = open();
    const waiting = Array.from({ length: 5 }, () => pool.acquire(signal));
    await settled();
    expect(instances).toHaveLength(3);
    for (const instance of instances) instance.ready();
    const ports = (await Promise.all(waiting)).map(({ address }) => address.port);
    expect(Math.max(...[1000, 1001, 1002].map((port) => ports.filter((one) => one === port).length))).toBe(2);
  });

  it("gives the instance that is least busy, and one that was released to the next who waits", async () => {
    const { pool, instances } = open({ min: 2, max: 2 });
    for (const instance of instances) instance.ready();
    await settled();
    const leases = [1, 2, 3, 4].map(() => pool.tryAcquire());
    expect(leases.map((lease) => lease?.address.port)).toEqual([1000, 1001, 1000, 1001]);
    expect(pool.tryAcquire()).toBeUndefined();
    const waiting = pool.acquire(signal);
    leases[1]?.release();
    expect((await waiting).address.port).toBe(1001);
    leases[1]?.release();
    expect(pool.counts.inFlight, "a lease is released once").toBe(4);
  });

  it("refuses who waits too long for busy instances, or finds the queue full", async () => {
    const { pool, instances } = open({ min: 1, max: 1, concurrency: 1 }, { queueMs: 30, maxQueue: 1 });
    instances[0]?.ready();
    await settled();
    pool.tryAcquire();
    const first = kind(pool.acquire(signal));
    expect(await kind(pool.acquire(signal))).toBe("overloaded");
    expect(await first).toBe("overloaded");
  });

  it("tells who waits for the only instance why it did not start", async () => {
    const { pool, instances } = open();
    const waiting = kind(pool.acquire(signal));
    await settled();
    instances[0]?.fail();
    expect(await waiting).toBe("start-failed");
  });

  it("forgets who leaves the queue", async () => {
    const { pool, instances } = open();
    const leaving = new AbortController();
    const waiting = kind(pool.acquire(leaving.signal));
    await settled();
    leaving.abort(new Error("gone"));
    expect(await waiting).toBe("gone");
    instances[0]?.ready();
    await settled();
    expect(pool.counts).toEqual({ ready: 1, starting: 0, inFlight: 0, waiting: 0 });
  });

  it("starts again at once what crashed for the first time, and later what crashed soon after", async () => {
    const { pool, instances } = open({ min: 1 });
    instances[0]?.ready();
    await settled();
    instances[0]?.crash();
    await settled();
    expect(instances).toHaveLength(2);
    instances[1]?.ready();
    await settled();
    instances[1]?.crash();
    await settled();
    expect(instances, "a second later").toHaveLength(2);
    expect(pool.counts).toMatchObject({ ready: 0, starting: 0 });
  });

  it("stops what idles above the minimum, and keeps the minimum", async () => {
    const { pool, instances } = open({ min: 1, max: 3 }, { idleMs: 20 });
    pool.setLimits({ min: 3, max: 3, concurrency: 2 });
    for (const instance of instances) instance.ready();
    await settled();
    pool.setLimits({ min: 1, max: 3, concurrency: 2 });
    await expect
      .poll(() => instances.filter((instance) => instance.stopped()).length, { timeout: 5_000, interval: 10 })
      .toBe(2);
    expect(pool.counts.ready).toBe(1);
  });

  it("lets the requests of an instance that leaves end first", async () => {
    const { pool, instances } = open({ min: 1 });
    instances[0]?.ready();
    await settled();
    const lease = pool.tryAcquire();
    const closed = pool.close(60_000);
    await settled();
    expect(instances[0]?.stopped()).toBe(false);
    expect(pool.tryAcquire()).toBeUndefined();
    lease?.release();
    await closed;
    expect(instances[0]?.stopped()).toBe(true);
    expect(await kind(pool.acquire(signal))).toBe("closed");
  });
});
