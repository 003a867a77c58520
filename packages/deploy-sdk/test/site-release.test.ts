import { describe, expect, test } from "vitest";
import { siteDriver as driver } from "../src/site/site-driver.ts";
import { buildOf, startSite } from "./site-support.ts";
import { textsOf, writeFiles } from "./sync-support.ts";

const config = { environment: "{environment.name}", built: "{commit}" };

describe("a release of a site", () => {
  test("serves the build with its headers, and /config.json of the environment", async () => {
    const site = await startSite({ config: { environment: "{environment.name}" } });
    await site.release(
      buildOf("one", { "config.json": '{"environment":"development"}', "sw.js": "self", ".env": "TOKEN" }),
    );
    const served = await site.cloud.served(site.unit.bucket);
    expect(served[".env"]).toBeUndefined();
    expect(served).toMatchObject({
      "index.html": { cacheControl: "no-cache", contentType: "text/html; charset=utf-8" },
      "config.json": {
        text: '{\n  "environment": "local"\n}\n',
        cacheControl: "no-store",
        contentType: "application/json",
      },
      "sw.js": { cacheControl: "no-store" },
      "favicon.ico": { cacheControl: "no-cache" },
      "assets/vendor-SharedA1.js": { cacheControl: "public, max-age=31536000, immutable" },
    });
  });

  test("a second time plans nothing, writes nothing and asks three things at most", async () => {
    const site = await startSite({ config: { environment: "{environment.name}" } });
    await site.release(buildOf("one"));
    const before = await site.cloud.counters();
    const { plan, outcome } = await site.release();
    const after = await site.cloud.counters();
    expect(plan).toMatchObject({ noop: true, changes: [{ kind: "keep" }] });
    expect(outcome.version).toMatch(/^[0-9a-f]{64}$/);
    expect(after.writes.total - before.writes.total).toBe(0);
    expect(after.requests - before.requests).toBeLessThanOrEqual(3);
  });

  test("of the same files from another commit is no release", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    expect((await site.release(buildOf("one"))).plan.noop).toBe(true);
  });

  test("deletes nothing that pages in open browsers still ask for", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    await site.release(buildOf("two"));
    const texts = textsOf(await site.cloud.served(site.unit.bucket));
    expect(texts).toMatchObject(
      Object.fromEntries(Object.entries(buildOf("one")).filter(([path]) => path.startsWith("assets/"))),
    );
    expect(texts).toMatchObject(buildOf("two"));
  });

  test("uploads only what changed", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const { plan } = await site.release(buildOf("two"));
    expect(plan.steps.assets.map(({ path }) => path).sort()).toEqual(
      Object.keys(buildOf("two"))
        .filter((path) => /^assets\/(index|chunk)/.test(path))
        .sort(),
    );
    expect(plan.steps.publish.map(({ path }) => path)).toEqual(["favicon.ico", "index.html"]);
  });

  test("with other headers alone patches them", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const unit = { ...site.unit, headers: [{ glob: "favicon.ico", cacheControl: "max-age=60" }] };
    const context = site.context();
    const plan = driver.plan(unit, await driver.observe(unit, site.target, context), context);
    expect(plan.steps.patches).toMatchObject([{ name: "favicon.ico", headers: { cacheControl: "max-age=60" } }]);
    await driver.apply(plan, site.target, context);
    expect((await site.cloud.served(unit.bucket))["favicon.ico"]?.cacheControl).toBe("max-age=60");
    expect(driver.plan(unit, await driver.observe(unit, site.target, context), context).noop).toBe(true);
  });

  test("adopts what is there already, without an upload of what is the same", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    for (const { name, generation } of await site.cloud.store(site.stack.environment.stateBucket).list())
      await site.cloud.store(site.stack.environment.stateBucket).delete({ name, ifGenerationMatch: generation });
    const { plan } = await site.release(buildOf("one"));
    expect([plan.noop, plan.steps.assets, plan.steps.publish, plan.steps.copies.length]).toEqual([false, [], [], 2]);
    expect((await site.release(buildOf("one"))).plan.noop).toBe(true);
  });

  test("puts back what was changed by hand", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const store = site.cloud.store(site.unit.bucket);
    const page = await store.head("index.html");
    await store.put({
      name: "index.html",
      content: Buffer.from("edited"),
      headers: {},
      ifGenerationMatch: page?.generation ?? "",
    });
    const { plan } = await site.release(buildOf("one"));
    expect(plan.steps.publish.map(({ path }) => path)).toEqual(["index.html"]);
    expect(textsOf(await site.cloud.served(site.unit.bucket))).toMatchObject(buildOf("one"));
  });

  test("tells its progress to the last step", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    const progress = site.events.filter(({ type }) => type === "progress");
    expect(progress.at(-1)).toMatchObject({ unit: "app", done: 7, total: 7 });
  });

  test("does not take a file of `public` for a hashed one", async () => {
    const site = await startSite();
    await writeFiles(site.workspace, { "apps/web/public/assets/photo-iPhone15.jpg": "jpg" });
    await site.release(buildOf("one", { "assets/photo-iPhone15.jpg": "jpg", "assets/photo-Hashed42.jpg": "jpg" }));
    expect(await site.cloud.served(site.unit.bucket)).toMatchObject({
      "assets/photo-iPhone15.jpg": { cacheControl: "no-cache" },
      "assets/photo-Hashed42.jpg": { cacheControl: "public, max-age=31536000, immutable" },
    });
  });
});

describe("what cannot be released", () => {
  test("a build that is not there, or has no page", async () => {
    const site = await startSite();
    const missing = { code: "dist-missing", exitCode: 2, hint: "build it first:  pnpm nx build web" };
    await expect(site.plan()).rejects.toMatchObject({ ...missing, message: "apps/web/dist does not exist" });
    await site.build({ "app.js": "1" });
    await expect(site.plan()).rejects.toMatchObject({ ...missing, message: "apps/web/dist has no index.html" });
  });

  test("to a bucket that is not provisioned", async () => {
    const site = await startSite();
    await site.build(buildOf("one"));
    const unit = { ...site.unit, bucket: "elsewhere" };
    await expect(driver.observe(unit, site.target, site.context())).rejects.toMatchObject({
      code: "not-provisioned",
      hint: "pnpm provision --env local",
    });
  });

  test("a configuration that names a service which is not there yet", async () => {
    const site = await startSite({ config });
    await site.build(buildOf("one"));
    const unit = { ...site.unit, config: { apiUrl: "{services.api.url}" } };
    await expect(driver.observe(unit, site.target, site.context())).rejects.toMatchObject({
      code: "not-ready",
      details: ["config.apiUrl: {services.api.url}"],
    });
  });

  test("a build that changes between plan and upload, and nothing of it is visible", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    await site.build(buildOf("two"));
    const context = site.context();
    const plan = driver.plan(site.unit, await driver.observe(site.unit, site.target, context), context);
    await site.build(buildOf("two", { "index.html": "half a build" }));
    await expect(driver.apply(plan, site.target, context)).rejects.toMatchObject({ code: "conflict" });
    expect(textsOf(await site.cloud.served(site.unit.bucket))).toMatchObject(buildOf("one"));
    await site.release(buildOf("two"));
    expect(textsOf(await site.cloud.served(site.unit.bucket))).toMatchObject(buildOf("two"));
  });
});

describe("two releases at once", () => {
  test("one is published, the other is told by whom", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    await site.build(buildOf("two"));
    const planned = async (releaseId: string) => {
      const context = site.context({ releaseId });
      return { context, plan: driver.plan(site.unit, await driver.observe(site.unit, site.target, context), context) };
    };
    const [mine, theirs] = [await planned("mine"), await planned("theirs")];
    const outcomes = await Promise.allSettled(
      [mine, theirs].map(({ plan, context }) => driver.apply(plan, site.target, context)),
    );
    const lost = outcomes.flatMap((outcome, index) => (outcome.status === "rejected" ? [{ index, ...outcome }] : []));
    expect(lost).toHaveLength(1);
    const winner = lost[0]?.index === 0 ? "theirs" : "mine";
    expect(lost[0]?.reason).toMatchObject({
      code: "locked",
      exitCode: 5,
      message: expect.stringContaining(`release ${winner} of commit`),
    });
    expect(textsOf(await site.cloud.served(site.unit.bucket))).toMatchObject(buildOf("two"));
    expect((await site.release()).plan.noop).toBe(true);
  });

  test("a release that another one overtakes says so instead of calling itself published", async () => {
    const site = await startSite();
    await site.release(buildOf("one"));
    await site.build(buildOf("two"));
    const slow = site.context({ releaseId: "slow" });
    const plan = driver.plan(site.unit, await driver.observe(site.unit, site.target, slow), slow);
    const stall = { match: { rpc: "storage.objects.rewrite" }, fault: { kind: "latency", delayMs: 700 }, times: 1 };
    await site.cloud.orderFault(stall);
    const applying = driver.apply(plan, site.target, slow).catch((error: unknown) => error);
    await expect
      .poll(
        async () =>
          (await site.cloud.store(site.stack.environment.stateBucket).get("sites/app/index.json"))?.bytes.toString() ??
          "",
      )
      .toContain("slow");
    await site.release(undefined, { releaseId: "quick" });
    expect(await applying).toMatchObject({ code: "locked", message: expect.stringContaining("release quick") });
    expect(textsOf(await site.cloud.served(site.unit.bucket))).toMatchObject(buildOf("two"));
  });
});
