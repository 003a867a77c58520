// The lock on a real bucket: generations, preconditions and faults are those of the storage API.
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHolder, type Holder } from "../src/engine/holder.ts";
import { acquireLock, breakLock, type HeldLock, readLock } from "../src/engine/lock.ts";
import { leaseMs } from "../src/engine/lock-state.ts";
import { createTarget } from "../src/google/create-target.ts";
import type { Target } from "../src/target.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { nextReleaseId, quickRuntime } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

const signal = new AbortController().signal;

async function place(): Promise<{ readonly cloud: TestCloud; readonly target: Target }> {
  const cloud = await startCloud();
  const stack = shopStack("1");
  const target = createTarget(
    { ...stack, environment: { ...stack.environment, endpoint: cloud.url } },
    { signal, runtime: quickRuntime },
  );
  onTestFinished(() => target.close());
  const bucket = { name: stack.environment.stateBucket, location: "EUROPE-WEST1" };
  const made = await fetch(`${cloud.url}/storage/v1/b?project=${stack.environment.project}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer email:developer@localhost" },
    body: JSON.stringify(bucket),
  });
  expect(made.status).toBe(200);
  return { cloud, target };
}

async function acquire({ state }: Target, releaseId: string, holder: Holder = createHolder()): Promise<HeldLock> {
  const held = await acquireLock({ state, environment: "local", releaseId, holder, runtime: quickRuntime, signal });
  onTestFinished(() => held.release());
  return held;
}
const holders = async (target: Target): Promise<readonly string[]> =>
  (await readLock({ target, environment: "local", signal }))?.holders.map(({ id }) => id) ?? [];

describe("the lock in a bucket", () => {
  test("is taken by one of many that want it at once", async () => {
    const { target } = await place();
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => acquire(target, nextReleaseId())));
    const taken = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const refused = asked.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
    expect([taken.length, refused]).toEqual([1, Array(5).fill("locked")]);
    await taken[0]?.release();
    expect(await holders(target)).toEqual([]);
  });

  test("is joined by all the tasks of a release, and gone with the last of them", async () => {
    const { target } = await place();
    const releaseId = nextReleaseId();
    const held = await Promise.all(Array.from({ length: 4 }, () => acquire(target, releaseId)));
    expect(new Set(await holders(target)).size).toBe(4);
    await expect(acquire(target, nextReleaseId())).rejects.toMatchObject({ code: "locked", exitCode: 5 });
    await Promise.all(held.slice(1).map((lock) => lock.release()));
    expect(await holders(target)).toHaveLength(1);
    await held[0]?.release();
    expect(await readLock({ target, environment: "local", signal })).toBeUndefined();
  });

  test("is taken, joined and given back though answers get lost", async () => {
    const { cloud, target } = await place();
    const struck = await Promise.all([
      cloud.orderFault({ match: { path: "/upload/storage/v1/b/*" }, fault: { kind: "reset-after" }, times: 2 }),
      cloud.orderFault({ match: { method: "DELETE" }, fault: { kind: "reset-after" } }),
    ]);
    const releaseId = nextReleaseId();
    const first = await acquire(target, releaseId);
    const second = await acquire(target, releaseId);
    await first.release();
    await second.release();
    expect(await Promise.all(struck.map((times) => times()))).toEqual([2, 1]);
    expect(await holders(target)).toEqual([]);
  });

  test("is given up when its lease ends, though its renewal hangs", async () => {
    const { target } = await place();
    let at = Date.now();
    let hangs = false;
    const state: Target["state"] = {
      ...target.state,
      read: async (name, call) => {
        if (!hangs) return target.state.read(name, call);
        await once(call.signal, "abort");
        at += leaseMs;
        throw call.signal.reason;
      },
    };
    const sleep = async (): Promise<void> => {
      hangs = true;
      at += leaseMs - 20;
    };
    const runtime = { ...quickRuntime, now: () => new Date(at), sleep };
    const options = { environment: "local", releaseId: nextReleaseId(), holder: createHolder(), signal };
    const held = await acquireLock({ ...options, state, runtime });
    if (!held.signal.aborted) await once(held.signal, "abort");
    expect(held.signal.reason).toMatchObject({ code: "locked" });
    await held.release();
  });

  test("counts its lease from before it was written, however long that took", async () => {
    const { target } = await place();
    let at = Date.now();
    const state: Target["state"] = {
      ...target.state,
      write: async (document, call) => {
        const generation = await target.state.write(document, call);
        at += leaseMs - 1000;
        return generation;
      },
    };
    const asleep = Promise.withResolvers<number>();
    const sleep = async (ms: number, stop: AbortSignal): Promise<void> => {
      asleep.resolve(ms);
      if (!stop.aborted) await once(stop, "abort");
    };
    const runtime = { ...quickRuntime, now: () => new Date(at), sleep };
    const options = { environment: "local", releaseId: nextReleaseId(), holder: createHolder(), signal };
    const held = await acquireLock({ ...options, state, runtime });
    expect(await asleep.promise).toBe(1000);
    await held.release();
  });

  test("is taken over at once from a process that is gone", async () => {
    const { target } = await place();
    await acquire(target, nextReleaseId(), { ...createHolder(), name: "ghost", pid: 2 ** 30 });
    const held = await acquire(target, nextReleaseId());
    expect(held.takenFrom).toBe("ghost");
    await held.release();
  });

  test.each([
    [-1, "behind"],
    [1, "ahead of"],
  ])("is refused to a machine whose clock is wrong by %i h", async (hours, how) => {
    const { target } = await place();
    const runtime = { ...quickRuntime, now: () => new Date(Date.now() + hours * 3_600_000) };
    const holder = createHolder();
    const { state } = target;
    await expect(
      acquireLock({ state, environment: "local", releaseId: nextReleaseId(), holder, runtime, signal }),
    ).rejects.toMatchObject({ code: "usage", message: expect.stringContaining(`60 min ${how}`) });
    expect(await holders(target)).toEqual([]);
  });

  test("that a newer version wrote is not taken for free", async () => {
    const { target } = await place();
    const call = { signal, subject: "the lock" };
    await target.state.write({ name: "lock.json", value: { format: 2, holders: [] }, ifGeneration: "0" }, call);
    await expect(acquire(target, nextReleaseId())).rejects.toMatchObject({ code: "corrupt-state" });
    await breakLock({ target, environment: "local", signal });
    await (await acquire(target, nextReleaseId())).release();
  });

  test("broken by hand is free, and says who held it", async () => {
    const { target } = await place();
    const releaseId = nextReleaseId();
    await acquire(target, releaseId);
    expect(await breakLock({ target, environment: "local", signal })).toMatchObject({ releaseId });
    const held = await acquire(target, nextReleaseId());
    await held.release();
  });
});
