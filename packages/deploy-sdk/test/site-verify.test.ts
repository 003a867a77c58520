import { describe, expect, test } from "vitest";
import { createCdn } from "../src/google/cdn.ts";
import { createTransport } from "../src/google/create-transport.ts";
import { purgeCloudflare } from "../src/site/purge-cloudflare.ts";
import { changedPaths } from "../src/site/purge-site.ts";
import { siteDriver as driver } from "../src/site/site-driver.ts";
import { buildOf, startSite } from "./site-support.ts";
import { json, scriptedServer } from "./support/scripted-server.ts";

describe("a release is done when its public address", () => {
  const publish = async () => {
    const site = await startSite();
    await site.build(buildOf("one"));
    const context = site.context();
    const plan = driver.plan(site.unit, await driver.observe(site.unit, site.target, context), context);
    const outcome = await driver.apply(plan, site.target, context);
    const store = site.cloud.store(site.unit.bucket);
    const page = async () => {
      const found = await store.head("index.html");
      if (!found) throw new Error("no page");
      return found;
    };
    return { site, store, page, verify: () => driver.verify(plan, outcome, site.target, context) };
  };

  test("serves it", async () => {
    const { verify } = await publish();
    await verify();
  });

  test("does not serve another page", async () => {
    const { store, page, verify } = await publish();
    const { generation } = await page();
    await store.put({
      name: "index.html",
      content: Buffer.from("other"),
      headers: { cacheControl: "no-cache" },
      ifGenerationMatch: generation,
    });
    await expect(verify()).rejects.toMatchObject({
      code: "unhealthy",
      exitCode: 4,
      details: [expect.stringContaining("/index.html serves another content")],
    });
  });

  test("does not let the page be cached", async () => {
    const { store, page, verify } = await publish();
    const { generation, metageneration } = await page();
    await store.patch({
      name: "index.html",
      headers: { cacheControl: "public, max-age=3600" },
      generation,
      ifMetagenerationMatch: metageneration,
    });
    await expect(verify()).rejects.toMatchObject({
      details: [expect.stringContaining("Cache-Control: public, max-age=3600 instead of no-cache")],
    });
  });

  test("lets anyone read it", async () => {
    const { site, verify } = await publish();
    await fetch(`${site.cloud.url}/storage/v1/b/${site.unit.bucket}/iam`, {
      method: "PUT",
      headers: { "content-type": "application/json", authorization: "Bearer email:owner@example.com" },
      body: JSON.stringify({ bindings: [] }),
    });
    await expect(verify()).rejects.toMatchObject({
      code: "unhealthy",
      hint: expect.stringContaining("is the bucket public"),
      details: [expect.stringMatching(/answers 40[134]/)],
    });
  });
});

describe("Cloudflare in front of a site", () => {
  /** Passes on what the bucket serves, as Cloudflare does, with the body and headers that it would make of it. */
  const behindCloudflare = async (rewrite: (body: Buffer) => Buffer) => {
    const site = await startSite();
    await site.build(buildOf("one"));
    const context = site.context();
    const plan = driver.plan(site.unit, await driver.observe(site.unit, site.target, context), context);
    const outcome = await driver.apply(plan, site.target, context);
    const objects = `${site.cloud.url}/storage/v1/b/${site.unit.bucket}/o`;
    const server = await scriptedServer(async ({ url }, response) => {
      const origin = await fetch(`${objects}${url}?alt=media`);
      const body = Buffer.from(await origin.arrayBuffer());
      response.writeHead(200, { "cache-control": "public, max-age=14400", "cf-ray": "8a1b2c3d4e5f-FRA" });
      response.end(rewrite(body));
    });
    const fronted = { ...plan, steps: { ...plan.steps, url: server.endpoint } };
    return { site, verify: () => driver.verify(fronted, outcome, site.target, context) };
  };

  test("that rewrites Cache-Control is a warning that names the setting, and the release stands", async () => {
    const { site, verify } = await behindCloudflare((body) => body);
    await verify();
    expect(site.events).toContainEqual({
      type: "warning",
      unit: site.unit.name,
      message: expect.stringMatching(
        /index\.html is served with Cache-Control: public, max-age=14400 .*Browser Cache TTL/,
      ),
      hint: expect.stringContaining("Respect Existing Headers"),
    });
  });

  test("that rewrites the page itself is told by name", async () => {
    const { verify } = await behindCloudflare((body) => Buffer.concat([body, Buffer.from("<script></script>")]));
    await expect(verify()).rejects.toMatchObject({
      code: "unhealthy",
      details: expect.arrayContaining([expect.stringMatching(/another content through Cloudflare: .*Rocket Loader/)]),
    });
  });
});

describe("a cache in front of a site", () => {
  const purge = { kind: "cloudflare", zone: "0123456789abcdef0123456789abcdef" } as const;

  test("is asked to forget what changed under its old address", () => {
    const steps = {
      publish: ["index.html", "about/index.html", "имя #1.html"].map((path) => ({ path })),
      patches: [{ name: "logo.svg" }],
    };
    expect(changedPaths(steps as unknown as Parameters<typeof changedPaths>[0])).toEqual([
      "/",
      "/%D0%B8%D0%BC%D1%8F%20%231.html",
      "/about/",
      "/about/index.html",
      "/index.html",
      "/logo.svg",
    ]);
  });

  test("at Cloudflare gets the addresses in requests of its size, with the token in a header only", async () => {
    const server = await scriptedServer(json(200, { success: true, result: { id: "1" }, errors: [], messages: [] }));
    const urls = Array.from({ length: 31 }, (_, index) => `https://app.example.com/${index}`);
    await purgeCloudflare({
      zone: purge.zone,
      urls,
      apiToken: "confidential",
      baseURL: server.endpoint,
      signal: new AbortController().signal,
    });
    expect(server.seen.map(({ method, url }) => [method, url])).toEqual([
      ["POST", `/zones/${purge.zone}/purge_cache`],
      ["POST", `/zones/${purge.zone}/purge_cache`],
    ]);
    expect(server.seen.flatMap(({ body }) => JSON.parse(body).files)).toEqual(urls);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer confidential");
  });

  test("that cannot be purged is a warning, and the release stands", async () => {
    const site = await startSite();
    await site.build(buildOf("one"));
    const unit = { ...site.unit, purge: { kind: "cloud-cdn", urlMap: "front" } as const };
    const context = site.context();
    const plan = driver.plan(unit, await driver.observe(unit, site.target, context), context);
    await driver.apply(plan, site.target, context);
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("cloud-cdn cache was not purged") }),
    );
    expect((await site.release()).plan.noop).toBe(true);
  });

  test("of Cloud CDN is told host and path", async () => {
    const server = await scriptedServer(json(200, { name: "operation-1" }));
    const site = await startSite();
    const context = site.context();
    const environment = { ...site.stack.environment, endpoint: server.endpoint };
    const transport = createTransport({ environment, signal: context.signal, runtime: context.runtime });
    const given = { urlMap: "front", host: "app.example.com", path: "/index.html" };
    await createCdn("demo", transport).invalidate(given, { signal: context.signal, subject: "cache" });
    await transport.close();
    expect(server.seen[0]).toMatchObject({
      method: "POST",
      url: expect.stringMatching(
        /^\/compute\/v1\/projects\/demo\/global\/urlMaps\/front\/invalidateCache\?requestId=[0-9a-f-]{36}$/,
      ),
      body: JSON.stringify({ host: "app.example.com", path: "/index.html" }),
    });
  });
});
