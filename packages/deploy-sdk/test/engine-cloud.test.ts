// The engine on a real local cloud: images are built and run, requests go over the wire, faults are the cloud's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ReleaseReport } from "../src/engine/release-types.ts";
import { systemRuntime } from "../src/engine/runtime.ts";
import { readHistory } from "../src/history/read-history.ts";
import { readLogs } from "../src/history/read-logs.ts";
import { readStatus } from "../src/history/read-status.ts";
import { type Asked, deadHolder, inspect, outcomes, recordEvents, releaseTo, rollbackIn } from "./support/releases.ts";
import { type ShopCloud, startShop, shop as written } from "./support/shop-cloud.ts";

// Whole releases, each in several processes: on a busy machine one takes a while.
vi.setConfig({ testTimeout: 120_000 });

let shop: ShopCloud;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  shop = await startShop((cleanup) => cleanups.unshift(cleanup));
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const release = (asked: Asked = {}, stack = shop.stack): Promise<ReleaseReport> =>
  releaseTo(shop.target, stack, { workspace: shop.workspace, ...asked });
const failureOf = (report: ReleaseReport, unit: string) => {
  const result = report.results.find((each) => each.unit === unit);
  if (result?.status !== "failed") throw new Error(`${unit} did not fail: ${JSON.stringify(result)}`);
  return result;
};
const writes = async (): Promise<number> => (await shop.cloud.counters()).writes.total;
const call = { signal: new AbortController().signal, subject: "a test" };

/** What the public address says: the version that serves. */
async function served(): Promise<{ readonly version?: string; readonly revision?: string }> {
  const live = await shop.target.services.get("shop-api", call);
  const { createHealthClient } = await import("@slipway/health-client");
  const client = createHealthClient();
  const result = await client.probe(`${live?.url}/api/health`);
  await client.close();
  if (result.kind !== "report") throw new Error(`no answer: ${result.error}`);
  const { version, revision } = result.report;
  return { ...(version && { version }), ...(revision && { revision }) };
}

describe("a release on a cloud", () => {
  test("goes from source to what serves", async () => {
    const report = await release();
    expect(outcomes(report)).toEqual(["backend: released", "migrate: released", "api: released", "worker: released"]);
    const { version, revision } = await served();
    expect(version).toBe("1");
    expect(report.results.find(({ unit }) => unit === "api")).toMatchObject({ version: revision });
  });

  test("run again, plans nothing and writes nothing", async () => {
    const before = await writes();
    const report = await release();
    expect(outcomes(report)).toEqual([
      "backend: unchanged",
      "migrate: unchanged",
      "api: unchanged",
      "worker: unchanged",
    ]);
    expect((await writes()) - before).toBe(0);
  });

  test("updates everything that runs the image", async () => {
    await shop.write("2");
    const report = await release();
    expect(outcomes(report)).toEqual(["backend: released", "migrate: released", "api: released", "worker: released"]);
    expect((await served()).version).toBe("2");
    const lines: string[] = [];
    const options = { ...inspect(shop.target, shop.stack), unit: "worker", limit: 100, follow: false };
    for await (const { text } of readLogs(options)) lines.push(text);
    expect(lines.filter((line) => line.startsWith("worker of version 2"))).not.toEqual([]);
  });

  test("leaves what serves when the migration fails, shows its last lines, and goes on when it is fixed", async () => {
    await shop.write("3", { migrate: "fails" });
    const report = await release();
    expect(outcomes(report)).toEqual(["backend: released", "migrate: failed", "api: skipped", "worker: skipped"]);
    const { error } = failureOf(report, "migrate");
    expect(error).toMatchObject({ code: "migration-failed", exitCode: 3 });
    expect(error.details.join("\n")).toContain("migrate of version 3");
    expect((await served()).version).toBe("2");
    await shop.write("3");
    expect((await release()).exitCode).toBe(0);
    expect((await served()).version).toBe("3");
  });

  test("gives no traffic to a revision that is not well", async () => {
    await shop.write("4", { api: "unhealthy" });
    const report = await release();
    expect(failureOf(report, "api")).toMatchObject({ rolledBack: true, error: { code: "unhealthy", exitCode: 4 } });
    expect((await served()).version).toBe("3");
    const live = await shop.target.services.get("shop-api", call);
    expect(live?.shares).toHaveLength(1);
  });

  test("tells of a container that never listens, with its last lines and the way out", async () => {
    await shop.write("5", { api: "deaf" });
    const report = await release({ units: ["backend", "api"] });
    const { error } = failureOf(report, "api");
    expect(error).toMatchObject({ code: "not-ready", hint: expect.stringContaining("worker pool") });
    expect(error.details.join("\n")).toContain("api of version 5");
    expect((await served()).version).toBe("3");
  });

  test("goes back under requests, and none fails", async () => {
    await shop.write("6");
    expect((await release()).exitCode).toBe(0);
    const live = await shop.target.services.get("shop-api", call);
    const { createHealthClient } = await import("@slipway/health-client");
    const client = createHealthClient();
    let asking = true;
    const answers: number[] = [];
    const asked = (async () => {
      while (asking) {
        const result = await client.probe(`${live?.url}/api/health`);
        answers.push(result.kind === "report" ? result.report.httpStatus : 0);
      }
    })();
    const report = await rollbackIn(shop.target, shop.stack, { unit: "api", workspace: shop.workspace });
    asking = false;
    await asked;
    await client.close();
    expect(outcomes(report)).toEqual(["api: released"]);
    expect((await served()).version).toBe("3");
    expect([answers.length > 3, answers.filter((status) => status !== 200)]).toEqual([true, []]);
    expect((await release()).exitCode).toBe(0);
    expect((await served()).version).toBe("6");
  });

  test("takes a worker back", async () => {
    const report = await rollbackIn(shop.target, shop.stack, { unit: "worker", workspace: shop.workspace });
    expect(outcomes(report)).toEqual(["worker: released"]);
    expect((await release()).exitCode).toBe(0);
  });

  test("puts back a worker that does not stay up", async () => {
    const ran = (await shop.target.workers.get("shop-worker", call))?.serving;
    await shop.write("6.1", { worker: "dies" });
    const { error, rolledBack } = failureOf(
      await release({ units: ["backend", "worker"], runtime: systemRuntime }),
      "worker",
    );
    expect([error.code, error.message, rolledBack]).toEqual([
      "unhealthy",
      expect.stringMatching(/does not stay up: Container called exit\(4\)/),
      true,
    ]);
    expect((await shop.target.workers.get("shop-worker", call))?.serving).toEqual(ran);
    await shop.write("6");
    expect((await release()).exitCode).toBe(0);
  });

  test("puts traffic where the plan says after it was split by hand, and says so", async () => {
    const revisions = await shop.target.services.revisions("shop-api", call);
    const ready = revisions.filter(({ readiness }) => readiness.state === "ready");
    const shares = ready.slice(0, 2).map(({ name }) => ({ revision: name, percent: 50 }));
    await shop.target.services.setShares({ name: "shop-api", shares }, call);
    const { events, emit } = recordEvents();
    expect((await release({ units: ["api"], emit })).exitCode).toBe(0);
    expect(events.find(({ type }) => type === "plan")).toMatchObject({
      changes: [{ details: [expect.stringMatching(/^traffic: .* 50 %, .* 50 % → .* 100 %$/)] }],
    });
    expect((await shop.target.services.get("shop-api", call))?.serving).toMatchObject([{ percent: 100 }]);
  });

  test("waits for a migration that a killed run has left under way", async () => {
    await shop.write("7", { migrate: "waits" });
    const controller = new AbortController();
    const emit = (event: { readonly type: string; readonly message?: string }) => {
      if (event.type === "step" && event.message?.endsWith("was started")) controller.abort();
    };
    const cut = await release({ units: ["backend", "migrate"], emit, signal: controller.signal });
    expect(cut.exitCode).toBe(130);
    const { events, emit: record } = recordEvents();
    expect((await release({ emit: record })).exitCode).toBe(0);
    const steps = events.flatMap((event) => (event.type === "step" && event.unit === "migrate" ? [event.message] : []));
    expect(steps[0]).toMatch(/is under way already$/);
    expect((await served()).version).toBe("7");
  });

  // Each fault at each method is in the table of faults; this is how a release tells of one.
  test("tells when the cloud gives an operation up, leaves what serves, and goes on from there", async () => {
    const { version } = await served();
    await shop.write("8");
    const fault = { kind: "operation-failure", message: "no room left" };
    const struck = await shop.cloud.orderFault({ match: { subject: "shop-api" }, fault });
    const report = await release();
    expect([failureOf(report, "api").error.message, report.exitCode]).toEqual([
      expect.stringContaining("no room left"),
      3,
    ]);
    expect([await struck(), (await served()).version]).toEqual([1, version]);
    expect((await release()).exitCode).toBe(0);
    expect((await served()).version).toBe("8");
  });

  test.each(["is ready", "is well under its own address", "has the traffic"])(
    "converges at once when a run was killed after a revision %s",
    async (step) => {
      await shop.write(`9 ${step}`);
      await release({ units: ["backend", "migrate"] });
      const script = new URL("./support/release-process.ts", import.meta.url).pathname;
      const child = spawn(process.execPath, [script, JSON.stringify(written), shop.proxy.endpoint, shop.workspace], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      for await (const line of createInterface(child.stdout)) {
        if (line.startsWith("api: ") && line.endsWith(step)) child.kill("SIGKILL");
      }
      expect(await exited).toEqual([null, "SIGKILL"]);
      const report = await release();
      expect([report.exitCode, report.notDone]).toEqual([0, []]);
      expect((await served()).version).toBe(`9 ${step}`);
      const before = await writes();
      expect((await release()).exitCode).toBe(0);
      expect((await writes()) - before).toBe(0);
    },
  );

  test("status and history tell what happened", async () => {
    const status = await readStatus(inspect(shop.target, shop.stack));
    expect(status.map(({ unit, state }) => `${unit}: ${state}`)).toEqual([
      "backend: serving",
      "migrate: serving",
      "api: serving",
      "worker: serving",
    ]);
    const history = await readHistory({ ...inspect(shop.target, shop.stack), unit: "api", limit: 100 });
    const statuses = new Set(history.flatMap(({ entries }) => entries.map(({ status: is }) => is)));
    expect(statuses).toEqual(new Set(["released", "failed"]));
  });

  test("every request was as the protos say", () => {
    expect(shop.proxy.requests.length).toBeGreaterThan(100);
    expect(shop.proxy.problems()).toEqual([]);
  });

  test("a lock of a dead process stops nobody", async () => {
    const holder = deadHolder();
    await shop.target.state.write(
      {
        name: "lock.json",
        ifGeneration: "0",
        value: {
          format: 1,
          releaseId: "20261121T101530Z-9f2c",
          environment: "local",
          since: new Date().toISOString(),
          holders: [
            { ...holder, since: new Date().toISOString(), expiresAt: new Date(Date.now() + 60_000).toISOString() },
          ],
        },
      },
      call,
    );
    await shop.write("9");
    const { events, emit } = recordEvents();
    expect((await release({ emit })).exitCode).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("taken over") }),
    );
  });
});
