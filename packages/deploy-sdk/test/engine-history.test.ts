// The way back, and what status and history tell.
import { describe, expect, test } from "vitest";
import { readHistory } from "../src/history/read-history.ts";
import { readStatus } from "../src/history/read-status.ts";
import { memoryTarget } from "./support/memory-target.ts";
import { inspect, outcomes, releaseTo, rollbackIn, servingOf } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

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
