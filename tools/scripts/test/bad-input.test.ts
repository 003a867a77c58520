// What cannot be deployed is refused with its reason and its fix, and leaves what serves as it was.
import type { WrittenStack } from "@slipway/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "./support/ask.ts";
import { type SmallCloud, type SmallStack, startSmallCloud } from "./support/small-cloud.ts";

let cloud: SmallCloud;
beforeAll(async () => {
  cloud = await startSmallCloud({ startupMs: 8000 });
}, 120_000);
afterAll(() => cloud.stop(), 60_000);

const site = { project: "packages/config", bucket: "app.shop.example" };
const image = { build: "node", project: "apps/backend", entry: "src/main.ts" } as const;
/** The reference backend needs neither to live. */
const env = { DATABASE_URL: "postgresql://app:none@127.0.0.1:9/app", REDIS_URL: "redis://127.0.0.1:9" };
const fixLine = /^ {2}fix {2}\S/m;

describe("a site that has not been built", () => {
  test("is refused by `unit` as a mistake of who deploys, with the folder's name", async () => {
    const { run } = await cloud.provide("unbuilt", { sites: { app: site } });
    const { code, stderr } = await run("unit", "app");
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/^error {2}.*packages\/config\/dist.* {2}\[dist-missing\]$/m);
    expect(stderr).toMatch(fixLine);
  });
});

describe("an image that does not exist", () => {
  const reference = "europe-west1-docker.pkg.dev/absent-local/absent-backend/api";
  const stackWith = (written: string): Pick<WrittenStack, "images" | "services"> => ({
    images: { backend: { build: "none", project: "apps/backend", reference: written } },
    services: { api: { project: "apps/backend", image: "backend" } },
  });
  let stack: SmallStack;
  beforeAll(async () => {
    stack = await cloud.provide("absent", stackWith(reference));
  }, 60_000);

  test.each([
    ["a tag", `${reference}:v1`],
    ["a digest", `${reference}@sha256:${"0".repeat(64)}`],
  ])("by %s: is named, and nothing is deployed", async (_how, written) => {
    await stack.change(stackWith(written));
    const { code, stdout, stderr } = await stack.run("release");
    expect(code, stderr).toBe(3);
    expect(stderr).toContain(`${written}  [image-not-found]`);
    expect(stderr).toMatch(fixLine);
    expect(stdout).toMatch(/^local: done nothing; not done backend, api /m);
  });

  test("a tag of somebody else's registry: asks for its digest, and says how to get it", async () => {
    await stack.change(stackWith("docker.io/library/nginx:1"));
    const { code, stderr } = await stack.run("release", "--plan");
    expect(code, stderr).toBe(3);
    expect(stderr).toContain("[image-not-found]");
    expect(stderr).toContain("skopeo inspect");
  });
});

describe("a container that never listens", () => {
  const images = { backend: image };
  const container = { project: "apps/backend", image: "backend" };
  /** It runs, says something and listens on no port. */
  const silent = { ...container, args: ["worker"], env };
  const startup = { path: "/api/live", period: "1s", timeout: "1s", failures: 2 };

  test("does not become ready: exit code 3, its last lines and the fix; what served goes on serving", async () => {
    const api = { ...container, args: ["api"], public: true, health: "/api/live" };
    const { run, change } = await cloud.provide("silent", { images, services: { api } });
    const first = await run("release", "--json");
    expect(first.code, first.stdout + first.stderr).toBe(0);
    const url = String(first.events.find((event) => event["type"] === "unit-done" && event["unit"] === "api")?.["url"]);
    const revision = (await ask(`${url}/api/live`)).json()["revision"];

    await change({ images, services: { api: { ...api, ...silent, startup } } });
    const { code, stdout, stderr } = await run("release");
    expect(code, stderr).toBe(3);
    expect(stderr).toMatch(/^error {2}service "api" in local: .* {2}\[not-ready\]$/m);
    expect(stderr).toMatch(/^ {7}.*Redis is unreachable/m);
    expect(stderr).toMatch(/^ {2}fix {2}.*\$PORT/m);
    expect(stdout).toMatch(/^local: done backend; not done api /m);
    expect((await ask(`${url}/api/live`)).json()["revision"]).toBe(revision);
    expect((await run("status")).stdout).toContain(`${revision}`);
  }, 120_000);

  test("as a worker that is deployed as a service: the reason, and the way out, a worker pool", async () => {
    const { run, change } = await cloud.provide("queue", { images, workers: { worker: { ...silent, as: "service" } } });
    const refused = await run("release");
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toMatch(/^error {2}worker "worker" in local: .*PORT=8080.* {2}\[not-ready\]$/m);
    expect(refused.stderr).toMatch(/^ {2}fix {2}.*worker pool/m);

    await change({ images, workers: { worker: silent } });
    const { code, stderr } = await run("release");
    expect(code, stderr).toBe(0);
  }, 180_000);
});
