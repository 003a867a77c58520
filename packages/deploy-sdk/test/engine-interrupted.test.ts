// The lock as a release uses it, and releases that are cut short.
import { describe, expect, test } from "vitest";
import { createHolder } from "../src/engine/holder.ts";
import { acquireLock, breakLock, readLock } from "../src/engine/lock.ts";
import { renewMs } from "../src/engine/lock-state.ts";
import { readStatus } from "../src/history/read-status.ts";
import type { DeployEvent, Runtime } from "../src/types.ts";
import { Killed, memoryTarget } from "./support/memory-target.ts";
import {
  deadHolder,
  failureOf,
  inspect,
  nextReleaseId,
  outcomes,
  quickRuntime,
  releaseTo,
  servingOf,
} from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

describe("the lock", () => {
  const lockOf = (target: Awaited<ReturnType<typeof memoryTarget>>) =>
    readLock({ target, environment: "local", signal: new AbortController().signal });

  test("is held while something changes, and given back", async () => {
    const target = await memoryTarget();
    const seen: unknown[] = [];
    const emit = (event: { readonly type: string }) => {
      if (event.type === "unit-start") seen.push(target.documents().includes("lock.json"));
    };
    await releaseTo(target, shopStack("1"), { emit });
    expect(seen).toEqual([true, true, true]);
    expect(await lockOf(target)).toBeUndefined();
  });

  test("keeps another release out, and says who holds it", async () => {
    const target = await memoryTarget();
    const releaseId = nextReleaseId();
    const signal = new AbortController().signal;
    const holder = createHolder();
    const held = await acquireLock({
      state: target.state,
      environment: "local",
      releaseId,
      holder,
      runtime: quickRuntime,
      signal,
    });
    const report = await releaseTo(target, shopStack("1"));
    expect(outcomes(report)).toEqual(["backend: unchanged", "migrate: failed", "api: skipped", "worker: skipped"]);
    expect(report.exitCode).toBe(5);
    expect(failureOf(report, "migrate").error).toMatchObject({
      code: "locked",
      message: expect.stringContaining(`held by ${holder.name} on ${holder.host} (process ${process.pid})`),
      hint: expect.stringContaining("pnpm unlock --env local"),
    });
    await held.release();
    expect((await releaseTo(target, shopStack("1"))).exitCode).toBe(0);
  });

  test("is shared by the tasks of one release", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const releaseId = nextReleaseId();
    const [api, worker] = await Promise.all([
      releaseTo(target, shopStack("2"), { releaseId, units: ["api"] }),
      releaseTo(target, shopStack("2"), { releaseId, units: ["worker"] }),
    ]);
    expect([...outcomes(api), ...outcomes(worker)]).toEqual(["api: released", "worker: released"]);
    expect(await lockOf(target)).toBeUndefined();
  });

  test("of a process that was killed does not stop the next run on its machine", async () => {
    const target = await memoryTarget();
    target.dieAt(25);
    await releaseTo(target, shopStack("1"), { holder: deadHolder() }).catch(() => undefined);
    target.live();
    expect(await lockOf(target)).toBeDefined();
    expect((await releaseTo(target, shopStack("1"))).exitCode).toBe(0);
  });

  test("broken by hand, ends the release that held it when it renews its lease", async () => {
    const target = await memoryTarget();
    const signal = new AbortController().signal;
    expect(await breakLock({ target, environment: "local", signal })).toBeUndefined();
    const broken = Promise.withResolvers<unknown>();
    // The lease is renewed as soon as the lock has been broken, instead of after its time.
    const sleep: Runtime["sleep"] = async (ms, sleeping) => {
      if (ms >= renewMs) await broken.promise;
      return quickRuntime.sleep(Math.min(ms, 5), sleeping);
    };
    const emit = (event: DeployEvent) => {
      if (event.type === "progress") broken.resolve(breakLock({ target, environment: "local", signal }));
    };
    target.behave("1", "unhealthy");
    const runtime = { ...quickRuntime, sleep };
    const report = await releaseTo(target, shopStack("1"), { emit, units: ["api"], runtime });
    expect(await broken.promise).toMatchObject({ releaseId: report.releaseId });
    expect(failureOf(report, "api")).toMatchObject({ rolledBack: false, error: { code: "locked" } });
  });
});

describe("a release that is cut short", () => {
  test("by Ctrl-C stops at a step, gives the lock back and says so", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const served = await servingOf(target, "shop-api");
    const controller = new AbortController();
    const emit = (event: { readonly type: string; readonly message?: string }) => {
      if (event.type === "step" && event.message?.endsWith("has the traffic")) controller.abort();
    };
    const report = await releaseTo(target, shopStack("2"), { units: ["api"], emit, signal: controller.signal });
    expect(report.exitCode).toBe(130);
    expect(failureOf(report, "api")).toMatchObject({ rolledBack: true, error: { code: "aborted" } });
    expect(await servingOf(target, "shop-api")).toEqual(served);
    expect(target.documents()).not.toContain("lock.json");
    expect((await releaseTo(target, shopStack("2"), { units: ["api"] })).exitCode).toBe(0);
  });

  test("by kill -9 at any of its calls, converges when it is run again", async () => {
    const whole = await memoryTarget();
    await releaseTo(whole, shopStack("1"));
    const before = whole.calls();
    await releaseTo(whole, shopStack("2"));
    const calls = whole.calls() - before;
    expect(calls).toBeGreaterThan(40);
    const state = async (target: Awaited<ReturnType<typeof memoryTarget>>) =>
      (await readStatus(inspect(target, shopStack("2")))).map(({ unit, state: is }) => `${unit}: ${is}`);
    const expected = await state(whole);
    for (let call = 1; call <= calls; call += 1) {
      const target = await memoryTarget();
      await releaseTo(target, shopStack("1"));
      target.dieAt(call);
      const killed = await releaseTo(target, shopStack("2"), { holder: deadHolder() }).catch((error: unknown) => error);
      if (killed instanceof Error && !(killed instanceof Killed)) throw killed;
      target.live();
      const again = await releaseTo(target, shopStack("2"));
      expect([call, again.exitCode, again.notDone]).toEqual([call, 0, []]);
      const written = target.writes.length;
      expect((await releaseTo(target, shopStack("2"))).exitCode).toBe(0);
      expect([call, target.writes.length - written]).toEqual([call, 0]);
      expect([call, await state(target)]).toEqual([call, expected]);
      expect((await releaseTo(target, shopStack("3"))).exitCode).toBe(0);
    }
  });
});
