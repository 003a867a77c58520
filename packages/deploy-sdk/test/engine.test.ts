import { describe, expect, test } from "vitest";
import { DeployError } from "../src/deploy-error.ts";
import { createHolder } from "../src/engine/holder.ts";
import { acquireLock, breakLock, readLock } from "../src/engine/lock.ts";
import { renewMs } from "../src/engine/lock-state.ts";
import type { ReleaseReport } from "../src/engine/release-types.ts";
import { readHistory } from "../src/history/read-history.ts";
import { readStatus } from "../src/history/read-status.ts";
import type { Target } from "../src/target.ts";
import type { DeployEvent, Runtime } from "../src/types.ts";
import { Killed, memoryTarget } from "./support/memory-target.ts";
import {
  deadHolder,
  inspect,
  nextReleaseId,
  outcomes,
  quickRuntime,
  recordEvents,
  releaseTo,
  rollbackIn,
} from "./support/releases.ts";
import { imageOf, shopStack } from "./support/stacks.ts";

const failureOf = (report: ReleaseReport, unit: string) => {
  const result = report.results.find((each) => each.unit === unit);
  if (result?.status !== "failed") throw new Error(`${unit} did not fail: ${result?.status}`);
  return result;
};
const servingOf = async (target: Awaited<ReturnType<typeof memoryTarget>>, name: string) =>
  (await target.services.get(name, { signal: new AbortController().signal, subject: name }))?.serving;

describe("a release", () => {
  test("creates everything, each after what it needs", async () => {
    const target = await memoryTarget();
    const report = await releaseTo(target, shopStack("1"));
    expect(outcomes(report)).toEqual(["backend: unchanged", "migrate: released", "api: released", "worker: released"]);
    expect(report).toMatchObject({ exitCode: 0, done: ["backend", "migrate", "api", "worker"], notDone: [] });
    const made = target.writes.filter((write) => !/^(state|remove) /.test(write));
    expect(made.slice(0, 2)).toEqual(["jobs.apply shop-migrate", "jobs.run shop-migrate"]);
  });

  test("run again, plans nothing and writes nothing", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const report = await releaseTo(target, shopStack("1"));
    expect(outcomes(report)).toEqual([
      "backend: unchanged",
      "migrate: unchanged",
      "api: unchanged",
      "worker: unchanged",
    ]);
    expect(target.writes.length - before).toBe(0);
  });

  test("planned, says what would change, and writes nothing", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const report = await releaseTo(target, shopStack("2"), { mode: "plan" });
    expect(report.results.map(({ status }) => status)).toEqual(["unchanged", "planned", "planned", "planned"]);
    expect(report.results[2]).toMatchObject({
      changes: [
        { kind: "update", resource: "service shop-api", details: [expect.stringContaining("image: sha256:111")] },
      ],
    });
    expect(target.writes.length - before).toBe(0);
  });

  test("gives a new revision the traffic only after it has answered under its own address", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const { events, emit } = recordEvents();
    const report = await releaseTo(target, shopStack("2"), { units: ["api"], emit });
    expect(outcomes(report)).toEqual(["api: released"]);
    expect(target.writes.slice(before).filter((write) => write.startsWith("services"))).toEqual([
      "services.apply shop-api",
      "services.setShares shop-api",
    ]);
    const steps = events.flatMap((event) =>
      event.type === "step" ? [event.message.replace(/revision \S+/, "it")] : [],
    );
    expect(steps).toEqual(["it is ready", "it is well under its own address", "it has the traffic"]);
  });

  test("changes nothing for a commit alone", async () => {
    const target = await memoryTarget();
    const env = { COMMIT: "{commit}", RELEASE: "{release}" };
    const services = { api: { project: "apps/backend", image: "backend", env, public: true } };
    await releaseTo(target, shopStack("1", { services }));
    const commit = { sha: "another".padEnd(40, "0"), dirty: false };
    expect((await releaseTo(target, shopStack("1", { services }), { commit })).done).toHaveLength(4);
    expect(target.writes.filter((write) => write === "services.apply shop-api")).toHaveLength(1);
  });

  test("by force releases what is as it should be once more", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const report = await releaseTo(target, shopStack("1"), { force: true, units: ["api"] });
    expect(outcomes(report)).toEqual(["api: released"]);
  });

  test("keeps what served when a migration fails, and goes on when it is fixed", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    target.behave("2", "fails");
    const served = await servingOf(target, "shop-api");
    const failed = await releaseTo(target, shopStack("2"));
    expect(outcomes(failed)).toEqual(["backend: unchanged", "migrate: failed", "api: skipped", "worker: skipped"]);
    expect(failureOf(failed, "migrate").error).toMatchObject({
      code: "migration-failed",
      details: [expect.stringContaining("last words of shop-migrate-2")],
    });
    expect(failed).toMatchObject({ exitCode: 3, notDone: ["migrate", "api", "worker"] });
    expect(await servingOf(target, "shop-api")).toEqual(served);
    target.behave("2", "healthy");
    expect((await releaseTo(target, shopStack("2"))).exitCode).toBe(0);
  });

  test("runs a migration only when another that is under way has ended", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"), { units: ["backend", "migrate"] });
    target.behave("2", "slow");
    const call = { signal: new AbortController().signal, subject: "somebody else" };
    const job = await target.jobs.get("shop-migrate", call);
    if (!job) throw new Error("there is no job");
    const spec = { ...job.spec, container: { ...job.spec.container, image: imageOf("2") } };
    await target.jobs.apply({ name: job.name, spec, labels: {}, generation: job.generation }, call);
    const theirs = await target.jobs.run({ ...job, spec }, call);
    const { events, emit } = recordEvents();
    const report = await releaseTo(target, shopStack("3"), { units: ["migrate"], emit });
    expect(outcomes(report)).toEqual(["migrate: released"]);
    const steps = events.flatMap((event) => (event.type === "step" ? [event.message] : []));
    expect(steps).toEqual([
      `execution ${theirs} is under way: it is waited for`,
      expect.stringMatching(/-3 was started$/),
      expect.stringMatching(/-3 succeeded$/),
    ]);
    expect((await target.jobs.execution("shop-migrate", theirs, call))?.state).toBe("succeeded");
  });

  test("puts the traffic back when the new revision is not well", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const served = await servingOf(target, "shop-api");
    target.behave("2", "unhealthy");
    const report = await releaseTo(target, shopStack("2"), { units: ["api"] });
    expect(failureOf(report, "api")).toMatchObject({ rolledBack: true, error: { code: "unhealthy" } });
    expect(report.exitCode).toBe(4);
    expect(await servingOf(target, "shop-api")).toEqual(served);
  });

  test.each([
    ["exit", "dies", "Container called exit(4)."],
    ["end without an error, one after another", "ends", "4 instances were started for 1"],
  ] as const)("puts a worker back whose instances %s", async (_what, how, why) => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const call = { signal: new AbortController().signal, subject: "worker" };
    const ran = (await target.workers.get("shop-worker", call))?.serving;
    target.behave("2", how);
    const report = await releaseTo(target, shopStack("2"), { units: ["worker"] });
    expect(failureOf(report, "worker")).toMatchObject({
      rolledBack: true,
      error: {
        code: "unhealthy",
        message: expect.stringContaining(`does not stay up: ${why}`),
        details: [expect.stringContaining("last words of shop-worker-")],
      },
    });
    expect((await target.workers.get("shop-worker", call))?.serving).toEqual(ran);
  });

  test.each([
    [true, ["worker: failed"], []],
    [false, ["worker: released"], [expect.stringContaining("the log cannot be read: no right to")]],
  ])("a worker whose log cannot be read, the gate being required: %s", async (required, expected, warnings) => {
    const memory = await memoryTarget();
    const stack = shopStack("1");
    const gate = { ...stack.environment.gate, required };
    const denied = new DeployError("permission-denied", { subject: "logs", message: "no right to" });
    const target: Target = { ...memory, logs: { read: () => Promise.reject(denied) } };
    const { events, emit } = recordEvents();
    const environment = { ...stack.environment, gate };
    const report = await releaseTo(target, { ...stack, environment }, { units: ["worker"], emit });
    expect(outcomes(report)).toEqual(expected);
    expect(events.flatMap((event) => (event.type === "warning" ? [event.message] : []))).toEqual(warnings);
  });

  test("tells what a container said that never listened, and what to do", async () => {
    const target = await memoryTarget();
    target.behave("1", "unready");
    const report = await releaseTo(target, shopStack("1"), { units: ["api"] });
    expect(failureOf(report, "api").error).toMatchObject({
      code: "not-ready",
      message: "it did not listen",
      hint: expect.stringContaining("worker pool"),
      details: [expect.stringContaining("last words of shop-api-")],
    });
    expect(report.exitCode).toBe(3);
  });

  test("refuses a worker as a service that listens on no port, and names the worker pool", async () => {
    const target = await memoryTarget();
    target.behave("1", "unready");
    const shim = { project: "apps/backend", image: "backend", args: ["worker"], as: "service" as const };
    const report = await releaseTo(target, shopStack("1", { workers: { shim } }), { units: ["shim"] });
    const { error } = failureOf(report, "shim");
    expect(error).toMatchObject({ code: "not-ready", hint: expect.stringContaining('leave out `as: "service"`') });
  });

  test("puts traffic that was split by hand where the plan says, and says so", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    await releaseTo(target, shopStack("2"));
    const [{ revision: newest } = { revision: undefined }] = (await servingOf(target, "shop-api")) ?? [];
    const call = { signal: new AbortController().signal, subject: "by hand" };
    const revisions = await target.services.revisions("shop-api", call);
    const shares = revisions.slice(0, 2).map(({ name }) => ({ revision: name, percent: 50 }));
    await target.services.setShares({ name: "shop-api", shares }, call);
    const plan = await releaseTo(target, shopStack("2"), { units: ["api"], mode: "plan" });
    expect(plan.results[0]).toMatchObject({
      changes: [{ details: [expect.stringMatching(/traffic: .* 50 %, .* 50 % → /)] }],
    });
    await releaseTo(target, shopStack("2"), { units: ["api"] });
    expect(await servingOf(target, "shop-api")).toEqual([{ revision: newest, percent: 100 }]);
  });

  test("puts a split back as it was when the revision that was to get everything is not well", async () => {
    const target = await memoryTarget();
    for (const version of ["1", "2"]) await releaseTo(target, shopStack(version));
    const call = { signal: new AbortController().signal, subject: "by hand" };
    const revisions = await target.services.revisions("shop-api", call);
    const shares = revisions.slice(0, 2).map(({ name }) => ({ revision: name, percent: 50 }));
    await target.services.setShares({ name: "shop-api", shares }, call);
    target.behave("2", "unhealthy");
    const report = await releaseTo(target, shopStack("2"), { units: ["api"] });
    expect(failureOf(report, "api")).toMatchObject({ rolledBack: true, error: { code: "unhealthy" } });
    expect(await servingOf(target, "shop-api")).toEqual(shares);
  });

  test("leaves alone what somebody else has set while it was under way", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const [{ revision } = { revision: "" }] = (await servingOf(target, "shop-api")) ?? [];
    const byHand = [{ revision, percent: 100, tag: "blue" }];
    const call = { signal: new AbortController().signal, subject: "by hand" };
    let changed: Promise<unknown> | undefined;
    const emit = (event: DeployEvent) => {
      if (event.type === "unit-start")
        changed ??= target.services.setShares({ name: "shop-api", shares: byHand }, call);
    };
    const report = await releaseTo(target, shopStack("2"), { units: ["api"], emit });
    await changed;
    expect(failureOf(report, "api").error.code).toBe("conflict");
    expect(await servingOf(target, "shop-api")).toMatchObject(byHand);
  });

  test("names every secret that has no value", async () => {
    const target = await memoryTarget();
    const services = { api: { project: "a", image: "backend", secrets: ["MISSING_A", "MISSING_B"] } };
    const secrets = { MISSING_A: {}, MISSING_B: {} };
    const report = await releaseTo(target, shopStack("1", { services, secrets }), { units: ["api"] });
    const { error } = failureOf(report, "api");
    expect([error.code, error.message, report.exitCode]).toEqual([
      "secret-missing",
      "no value: MISSING_A, MISSING_B",
      2,
    ]);
    expect(target.writes).toEqual([]);
  });

  test("fills variables from the live services, and says which are not known yet", async () => {
    const target = await memoryTarget();
    const service = { project: "apps/backend", image: "backend", public: true };
    const env = { API: "{services.api.url}/v1", PLACE: "{region} {environment.name}" };
    const services = { api: service, web: { ...service, env } };
    const early = await releaseTo(target, shopStack("1", { services }), { units: ["web"] });
    expect(failureOf(early, "web").error).toMatchObject({
      code: "not-provisioned",
      message: "nothing is known yet for API: {services.api.url}",
      hint: "pnpm provision --env local",
    });
    await releaseTo(target, shopStack("1", { services }), { units: ["api"] });
    const again = await releaseTo(target, shopStack("1", { services }), { units: ["web"] });
    expect(outcomes(again)).toEqual(["web: released"]);
    const call = { signal: new AbortController().signal, subject: "web" };
    const live = await target.services.get("shop-web", call);
    expect(live?.spec.container.env).toEqual({
      API: expect.stringMatching(/^http:\/\/shop-api\.localhost:\d+\/v1$/),
      PLACE: "europe-west1 local",
    });
  });

  test("refuses a unit that the stack does not have, and a release id that is none", async () => {
    const target = await memoryTarget();
    await expect(releaseTo(target, shopStack("1"), { units: ["apii"] })).rejects.toMatchObject({ code: "usage" });
    await expect(releaseTo(target, shopStack("1"), { releaseId: "v1" })).rejects.toMatchObject({ code: "usage" });
  });

  test("refuses a dirty tree where the environment is protected, but plans it", async () => {
    const target = await memoryTarget();
    const stack = shopStack("1");
    const guarded = { ...stack, environment: { ...stack.environment, protected: true } };
    const commit = { sha: "abc", dirty: true };
    await expect(releaseTo(target, guarded, { commit })).rejects.toMatchObject({ code: "dirty-tree", exitCode: 2 });
    const { events, emit } = recordEvents();
    expect((await releaseTo(target, guarded, { commit, mode: "plan", emit })).exitCode).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: "warning" }));
  });
});

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

describe("the way back", () => {
  test("goes to the last release that succeeded, without a new revision, and is a release of its own", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const first = (await servingOf(target, "shop-api"))?.[0]?.revision;
    await releaseTo(target, shopStack("2"));
    const before = target.writes.length;
    const report = await rollbackIn(target, shopStack("2"), { unit: "api" });
    expect(outcomes(report)).toEqual(["api: released"]);
    expect((await servingOf(target, "shop-api"))?.[0]).toMatchObject({ revision: first, percent: 100 });
    expect(target.writes.slice(before)).not.toContain("services.apply shop-api");
    const [newest] = await readHistory({ ...inspect(target, shopStack("2")), unit: "api", limit: 1 });
    expect(newest?.entries[0]).toMatchObject({ status: "released", rollbackTo: expect.any(String) });
  });

  test("a second one goes further back; a deploy goes forth again", async () => {
    const target = await memoryTarget();
    for (const version of ["1", "2", "3"]) await releaseTo(target, shopStack(version));
    const call = { signal: new AbortController().signal, subject: "worker" };
    const image = async () => {
      const live = await target.workers.get("shop-worker", call);
      const revision = live?.serving[0]?.revision ?? "";
      const spec = (await target.workers.revision("shop-worker", revision, call))?.spec;
      return /sha256:(.)/.exec(spec?.container.image ?? "")?.[1];
    };
    await rollbackIn(target, shopStack("3"), { unit: "worker" });
    expect(await image()).toBe("2");
    await rollbackIn(target, shopStack("3"), { unit: "worker" });
    expect(await image()).toBe("1");
    const none = rollbackIn(target, shopStack("3"), { unit: "worker" });
    await expect(none).rejects.toMatchObject({ code: "no-earlier-release" });
    await releaseTo(target, shopStack("3"));
    expect(await image()).toBe("3");
  });

  test("to a release by name, and planned first", async () => {
    const target = await memoryTarget();
    const first = await releaseTo(target, shopStack("1"));
    for (const version of ["2", "3"]) await releaseTo(target, shopStack(version));
    const before = target.writes.length;
    const plan = await rollbackIn(target, shopStack("3"), { unit: "api", to: first.releaseId, mode: "plan" });
    expect(plan.results[0]).toMatchObject({ status: "planned" });
    expect(target.writes.length).toBe(before);
    await rollbackIn(target, shopStack("3"), { unit: "api", to: first.releaseId });
    const [status] = (await readStatus(inspect(target, shopStack("3")))).filter(({ unit }) => unit === "api");
    expect(status).toMatchObject({ state: "serving", commit: "c0ffee".padEnd(40, "0") });
  });

  test("is not offered for a migration or an image", async () => {
    const target = await memoryTarget();
    for (const unit of ["migrate", "backend"])
      await expect(rollbackIn(target, shopStack("1"), { unit })).rejects.toMatchObject({ code: "usage" });
  });
});

describe("status and history", () => {
  test("tell what serves, since when and from which commit", async () => {
    const target = await memoryTarget();
    const commit = { sha: "f00d".padEnd(40, "0"), dirty: true };
    const report = await releaseTo(target, shopStack("1"), { commit });
    const status = await readStatus(inspect(target, shopStack("1")));
    expect(status.map(({ unit, state, release, dirty }) => ({ unit, state, release, dirty }))).toEqual([
      { unit: "backend", state: "absent", release: undefined, dirty: false },
      { unit: "migrate", state: "serving", release: report.releaseId, dirty: true },
      { unit: "api", state: "serving", release: report.releaseId, dirty: true },
      { unit: "worker", state: "serving", release: report.releaseId, dirty: true },
    ]);
  });

  test("tell what serves without a record, and what is split", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    await releaseTo(target, shopStack("2"));
    const call = { signal: new AbortController().signal, subject: "by hand" };
    const live = await target.workers.get("shop-worker", call);
    if (!live) throw new Error("no worker");
    const byHand = {
      name: "shop-worker",
      spec: live.spec,
      revision: "shop-worker-by-hand",
      labels: {},
      generation: live.generation,
    };
    await target.workers.apply({ ...byHand, shares: [{ revision: "shop-worker-by-hand", percent: 100 }] }, call);
    const [a, b] = await target.services.revisions("shop-api", call);
    const shares = [a, b].map((revision) => ({ revision: revision?.name, percent: 50 }));
    await target.services.setShares({ name: "shop-api", shares }, call);
    const status = await readStatus(inspect(target, shopStack("2")));
    expect(status.map(({ state }) => state)).toEqual(["absent", "serving", "mixed", "drifted"]);
  });

  test("history lists releases newest first, with what failed", async () => {
    const target = await memoryTarget();
    const first = await releaseTo(target, shopStack("1"));
    target.behave("2", "unhealthy");
    const second = await releaseTo(target, shopStack("2"));
    const history = await readHistory({ ...inspect(target, shopStack("2")), limit: 10 });
    expect(history.map(({ releaseId }) => releaseId)).toEqual([second.releaseId, first.releaseId]);
    const entries = history[0]?.entries.map(({ unit, status }) => `${unit}: ${status}`).toSorted();
    expect(entries).toEqual(["api: failed", "migrate: released", "worker: released"]);
  });
});
