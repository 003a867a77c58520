import { describe, expect, test } from "vitest";
import { siteDriver, siteRollbackDriver } from "../src/site/site-driver.ts";
import { buildOf, startSite, type TestSite } from "./site-support.ts";
import { textsOf } from "./sync-support.ts";

const served = async (site: TestSite): Promise<Readonly<Record<string, string>>> =>
  textsOf(await site.cloud.served(site.unit.bucket));
const stateNames = async (site: TestSite): Promise<readonly string[]> =>
  (await site.cloud.store(site.stack.environment.stateBucket).list()).map(({ name }) => name);
const day = 24 * 60 * 60 * 1000;
/** A runtime whose clock stands so many days ahead. */
const inDays = (site: TestSite, days: number): { readonly runtime: ReturnType<TestSite["context"]>["runtime"] } => ({
  runtime: { ...site.context().runtime, now: () => new Date(Date.now() + days * day) },
});

describe("a rollback", () => {
  test("publishes an earlier release as it was, without a build and without an upload", async () => {
    const site = await startSite({ config: { built: "{commit}" } });
    const first = await site.release(buildOf("one", { "about/index.html": "about one" }), {
      commit: { sha: "1".repeat(40), dirty: false },
    });
    await site.release(buildOf("two", { "sw.js": "worker two" }), { commit: { sha: "2".repeat(40), dirty: false } });
    await site.build({});
    const { plan } = await site.rollback(first.outcome);
    expect([plan.steps.assets, plan.steps.copies]).toEqual([[], []]);
    expect(plan.steps.publish.map(({ path }) => path).sort()).toEqual(["config.json", "favicon.ico", "index.html"]);
    expect(await served(site)).toMatchObject({
      ...buildOf("one", { "about/index.html": "about one" }),
      "config.json": `{\n  "built": "${"1".repeat(40)}"\n}\n`,
    });
  });

  test("has its headers from that release", async () => {
    const site = await startSite();
    const first = await site.release(buildOf("one"));
    const other = { ...site.unit, headers: [{ glob: "*.ico", cacheControl: "max-age=60" }] };
    const context = site.context();
    await siteDriver.apply(
      siteDriver.plan(other, await siteDriver.observe(other, site.target, context), context),
      site.target,
      context,
    );
    await site.rollback(first.outcome);
    expect((await site.cloud.served(site.unit.bucket))["favicon.ico"]?.cacheControl).toBe("no-cache");
  });

  test("to what is live already changes nothing", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const { outcome } = await site.release(buildOf("two"));
    expect((await site.rollback(outcome)).plan.noop).toBe(true);
  });

  test("can itself be taken back, and forward", async () => {
    const site = await startSite();
    const first = await site.release(buildOf("one"));
    const second = await site.release(buildOf("two"));
    await site.rollback(first.outcome);
    await site.rollback(second.outcome);
    expect(await served(site)).toMatchObject(buildOf("two"));
    expect((await site.release(buildOf("two"))).plan.noop).toBe(true);
  });

  test("to a version that is not kept says so", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const unknown = { version: "0".repeat(64), state: { version: "0".repeat(64), release: "r0" } };
    await expect(site.rollback(unknown)).rejects.toMatchObject({ code: "no-earlier-release" });
    expect(() => siteRollbackDriver({ something: "else" })).toThrow(expect.objectContaining({ code: "corrupt-state" }));
  });

  test("whose assets somebody deleted is refused before anything is written", async () => {
    const site = await startSite();
    const first = await site.release(buildOf("one"));
    await site.release(buildOf("two"));
    const store = site.cloud.store(site.unit.bucket);
    const lost = Object.keys(buildOf("one")).find((path) => path.startsWith("assets/chunk")) ?? "";
    await store.delete({ name: lost, ifGenerationMatch: (await store.head(lost))?.generation ?? "" });
    const before = await site.cloud.counters();
    await expect(site.rollback(first.outcome)).rejects.toMatchObject({ code: "no-earlier-release", details: [lost] });
    expect((await site.cloud.counters()).writes.total).toBe(before.writes.total);
  });
});

describe("retention", () => {
  const keep = { releases: 2, days: 10 };

  test("keeps what was live lately or is among the last, and says what goes and why", async () => {
    const site = await startSite({ keep });
    await site.release(buildOf("one"));
    await site.release(buildOf("two"), inDays(site, 1));
    await site.release(buildOf("three"), inDays(site, 2));
    expect(await served(site)).toMatchObject({ "assets/vendor-SharedA1.js": expect.anything() });
    await site.build(buildOf("four"));
    const plan = await site.plan(undefined, inDays(site, 11.5));
    const gone = Object.keys(buildOf("one")).filter((path) => /^assets\/(index|chunk)/.test(path));
    expect(plan.changes.filter(({ kind }) => kind === "delete")).toMatchObject([
      {
        resource: expect.stringMatching(/^release r\d+ of site "app"$/),
        details: [
          expect.stringContaining("not among the last 2 releases and was not live in the last 10 days"),
          "2 files that no kept release refers to",
          ...gone.toSorted(),
        ],
      },
    ]);
    await site.release(undefined, inDays(site, 11.5));
    const paths = Object.keys(await served(site));
    expect(paths).not.toEqual(expect.arrayContaining([gone[0]]));
    expect(paths).toEqual(
      expect.arrayContaining(Object.keys({ ...buildOf("two"), ...buildOf("three"), ...buildOf("four") })),
    );
  });

  test("takes away the contents and the manifest of what it gives up, and nothing else", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    const { outcome } = await site.release(buildOf("one"));
    await site.release(buildOf("two"));
    expect(await stateNames(site)).toContain(`sites/app/manifests/${outcome.version}.json`);
    await site.release(buildOf("three"));
    const names = await stateNames(site);
    expect(names.filter((name) => name.includes("/manifests/"))).toHaveLength(2);
    expect(names).not.toContain(`sites/app/manifests/${outcome.version}.json`);
    expect(names.filter((name) => name.endsWith("/index.html"))).toHaveLength(2);
    await expect(site.rollback(outcome)).rejects.toMatchObject({ code: "no-earlier-release" });
  });

  test("always keeps the release that is being replaced", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    await site.release(buildOf("one"));
    const second = await site.release(buildOf("two"));
    await site.release(buildOf("three"));
    expect(await served(site)).toMatchObject(
      Object.fromEntries(Object.entries(buildOf("two")).filter(([path]) => path.startsWith("assets/"))),
    );
    await site.rollback(second.outcome);
    expect(await served(site)).toMatchObject(buildOf("two"));
  });

  test("never touches what no release put there", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    const store = site.cloud.store(site.unit.bucket);
    await store.put({ name: "google1234.html", content: Buffer.from("mine"), headers: {}, ifGenerationMatch: "0" });
    for (const version of ["one", "two", "three", "four"]) await site.release(buildOf(version));
    expect(await served(site)).toMatchObject({ "google1234.html": "mine" });
  });

  test("removes pages that no kept release has, and keeps those that one has", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    await site.release(buildOf("one", { "old.html": "old", "lasting.html": "lasts" }));
    await site.release(buildOf("two", { "lasting.html": "lasts" }));
    expect(await served(site)).toMatchObject({ "old.html": "old" });
    await site.release(buildOf("three"));
    expect(Object.keys(await served(site))).toEqual(expect.arrayContaining(["lasting.html"]));
    expect(Object.keys(await served(site))).not.toContain("old.html");
  });

  test("deletes nothing while it does not know what a kept release refers to", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    await site.release(buildOf("one"));
    const second = await site.release(buildOf("two"));
    const state = site.cloud.store(site.stack.environment.stateBucket);
    const name = `sites/app/manifests/${second.outcome.version}.json`;
    await state.delete({ name, ifGenerationMatch: (await state.head(name))?.generation ?? "" });
    const { plan } = await site.release(buildOf("three"));
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ kind: "keep", details: [expect.stringContaining("nothing of them is deleted")] }),
    );
    expect(await served(site)).toMatchObject(buildOf("three"));
    expect(Object.keys(await served(site))).toEqual(expect.arrayContaining(Object.keys(buildOf("one"))));
  });

  test("that cannot delete is a warning, and the next release makes up for it", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    await site.release(buildOf("one"));
    await site.release(buildOf("two"));
    const fault = { kind: "status", status: 403 };
    const consumed = await site.cloud.orderFault({ match: { rpc: "storage.objects.delete" }, fault, times: 1 });
    await site.release(buildOf("three"));
    expect(await consumed()).toBe(1);
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: "warning", hint: "the next release tries again" }),
    );
    await site.release(buildOf("four"));
    const paths = Object.keys(await served(site));
    expect(
      paths.filter(
        (path) => Object.keys(buildOf("one")).includes(path) && !Object.keys(buildOf("four")).includes(path),
      ),
    ).toEqual([]);
  });

  test("on its way out, and wanted again, is written anew: the delete that may still come then finds another generation", async () => {
    const site = await startSite({ keep: { releases: 1, days: 0 } });
    await site.release(buildOf("one"));
    await site.release(buildOf("two"));
    const fault = { kind: "status", status: 403 };
    await site.cloud.orderFault({ match: { rpc: "storage.objects.delete" }, fault, times: null });
    await site.release(buildOf("three"));
    await fetch(`${site.cloud.url}/_local/faults`, { method: "DELETE" });
    const store = site.cloud.store(site.unit.bucket);
    const chunk = Object.keys(buildOf("one")).find((path) => path.startsWith("assets/chunk")) ?? "";
    const before = await store.head(chunk);
    await site.release(buildOf("one"));
    const after = await store.head(chunk);
    expect(after?.crc32c).toBe(before?.crc32c);
    expect(after?.generation).not.toBe(before?.generation);
  });
});
