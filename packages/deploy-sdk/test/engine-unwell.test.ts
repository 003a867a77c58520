// What a release does about what does not get well, and about what others have done meanwhile.
import { describe, expect, test } from "vitest";
import { DeployError } from "../src/deploy-error.ts";
import type { Target } from "../src/target.ts";
import type { DeployEvent } from "../src/types.ts";
import { memoryTarget } from "./support/memory-target.ts";
import { failureOf, outcomes, recordEvents, releaseTo, servingOf } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

describe("a release", () => {
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
});
