// Images in a real registry: pushed once, found by their inputs, and readable by skopeo.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { resolveStack, type Stack } from "@slipway/config";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../src/engine/runtime.ts";
import { gaxOptions, operationOptions } from "../src/google/clients.ts";
import { createTarget, type GoogleTarget } from "../src/google/create-target.ts";
import { imageDriver } from "../src/image/image-driver.ts";
import { findImage } from "../src/image/observe-image.ts";
import { sha256Digest } from "../src/image/oci.ts";
import type { DeployEvent, ReleaseContext, UnitOutcome } from "../src/types.ts";
import { pushTinyImage } from "./faults/tiny-image.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { apiImage, createNodeWorkspace, type NodeWorkspace } from "./support/node-workspace.ts";
import { scriptedServer } from "./support/scripted-server.ts";

const run = promisify(execFile);
const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];
const onEnd = (cleanup: () => Promise<void>): void => {
  cleanups.unshift(cleanup);
};

let cloud: TestCloud;
let stack: Stack;
let target: GoogleTarget;
let workspace: NodeWorkspace;

beforeAll(async () => {
  [cloud, workspace] = await Promise.all([startCloud(onEnd), createNodeWorkspace(onEnd)]);
  const environments = { local: { project: "demo-local", endpoint: cloud.url } };
  stack = resolveStack({ name: "demo", region: "europe-west1", environments }, "local");
  target = createTarget(stack, { signal, runtime: systemRuntime });
  onEnd(() => target.close());
  await createRepository("demo-backend");
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

async function createRepository(repositoryId: string): Promise<void> {
  const { clients } = target.google;
  const client = await clients.artifactRegistry();
  await clients.call({ signal, subject: "repository" }, async () => {
    const parent = "projects/demo-local/locations/europe-west1";
    const request = { parent, repositoryId, repository: { format: "DOCKER" as const } };
    const [operation] = await client.createRepository(request, { ...gaxOptions, ...operationOptions(10_000) });
    await operation.promise();
  });
}

function contextOf(events: DeployEvent[] = [], root = workspace.root): ReleaseContext {
  return {
    stack,
    workspace: root,
    releaseId: "test",
    commit: { sha: "0".repeat(40), dirty: false },
    runtime: systemRuntime,
    signal,
    emit: (event) => events.push(event),
  };
}

type Unit = Parameters<typeof imageDriver.observe>[0];

async function release(unit: Unit, context = contextOf()): Promise<UnitOutcome> {
  const plan = imageDriver.plan(unit, await imageDriver.observe(unit, target, context), context);
  if (plan.noop) return imageDriver.current(plan);
  const outcome = await imageDriver.apply(plan, target, context);
  await imageDriver.verify(plan, outcome, target, context);
  return outcome;
}

const shellImage = {
  kind: "image",
  name: "shell",
  project: "apps/shell",
  after: [],
  build: "dockerfile",
  dockerfile: "Dockerfile",
  context: "apps/shell",
  engine: "buildah",
} as const;

const skopeo = async (...args: readonly string[]): Promise<string> => (await run("skopeo", args)).stdout;
const addressOf = ({ version }: UnitOutcome): string =>
  `docker://127.0.0.1:${cloud.port}/demo-local/demo-backend/app@${version}`;

test("pushes an image that skopeo reads, and tells how far it is", async () => {
  const events: DeployEvent[] = [];
  const outcome = await release(apiImage, contextOf(events));
  const inspected = JSON.parse(await skopeo("inspect", "--tls-verify=false", addressOf(outcome))) as {
    Digest: string;
    Layers: string[];
    Architecture: string;
    Labels: Record<string, string>;
  };
  expect(inspected.Digest).toBe(outcome.version);
  expect(inspected.Layers).toHaveLength(3);
  expect(inspected.Labels["org.opencontainers.image.title"]).toBe("@team/api");
  const layout = `oci:${join(workspace.root, ".local", "layout")}:latest`;
  await skopeo("copy", "--quiet", "--src-tls-verify=false", addressOf(outcome), layout);
  const last = events.filter((event) => event.type === "progress").at(-1);
  expect(last).toMatchObject({ label: "push", done: 4, total: 4 });
  expect(last?.type === "progress" && last.bytesDone === last.bytesTotal && (last.bytesDone ?? 0) > 0).toBe(true);
});

test("finds it again by one request, and builds and writes nothing", async () => {
  const first = await release(apiImage);
  const before = await cloud.counters();
  expect(await release(apiImage)).toEqual(first);
  const after = await cloud.counters();
  expect(after.writes.total).toBe(before.writes.total);
  expect(after.requests - before.requests).toBe(1);
  expect(await findImage(apiImage, target, contextOf())).toBe(`${apiImage.repository}@${first.version}`);
});

test("sends only the layer that an edit has changed", async () => {
  const first = await release(apiImage);
  await workspace.write("apps/api/src/added.ts", "export const added = true;\n");
  const context = contextOf();
  const observed = await imageDriver.observe(apiImage, target, context);
  const plan = imageDriver.plan(apiImage, observed, context);
  expect(plan).toMatchObject({ noop: false, changes: [{ kind: "create" }] });
  const before = await cloud.counters();
  const second = await imageDriver.apply(plan, target, context);
  const after = await cloud.counters();
  expect(second.version).not.toBe(first.version);
  // Two sessions and two blobs (layer and configuration), and the manifest.
  expect(after.writes.total - before.writes.total).toBe(5);
});

test("takes over layers that the placeholder of the same registry has, and sends none of them", async () => {
  const named = (name: string) => ({ ...apiImage, repository: `${stack.registry.path}/${name}` });
  const first = await release(named("placeholder"));
  const events: DeployEvent[] = [];
  const second = await release(named("another"), contextOf(events));
  expect(second.version).toBe(first.version);
  const last = events.filter((event) => event.type === "progress").at(-1);
  // Its configuration alone.
  expect(last?.type === "progress" && (last.bytesTotal ?? 0)).toBeLessThan(2000);
});

test("refuses to push what is not what was planned", async () => {
  const context = contextOf();
  await workspace.write("apps/api/src/late.ts", "export const version = 1;\n");
  const plan = imageDriver.plan(apiImage, await imageDriver.observe(apiImage, target, context), context);
  await workspace.write("apps/api/src/late.ts", "export const version = 2;\n");
  await expect(imageDriver.apply(plan, target, context)).rejects.toMatchObject({ code: "conflict", retryable: true });
});

test.each([
  ["is broken off", { kind: "break-request", afterBytes: 1000 }],
  ["is refused for a moment", { kind: "status", status: 503 }],
  ["gets no answer", { kind: "reset-after" }],
])("gets a blob through when its upload %s", async (_name, fault) => {
  const consumed = await cloud.orderFault({ match: { method: "PUT", path: "/v2/*/blobs/uploads/*" }, fault });
  await workspace.write("apps/api/src/fault.ts", `export const fault = ${JSON.stringify(fault)};\n`);
  const outcome = await release(apiImage);
  expect(await consumed()).toBe(1);
  await skopeo("inspect", "--tls-verify=false", addressOf(outcome));
});

test("asks for the digest where a registry does not tell it with its answer", async () => {
  let manifest = "";
  const server = await scriptedServer(({ method, url, body }, response) => {
    if (method === "PUT") manifest = body;
    const asked = method === "HEAD" && url.includes("/manifests/");
    const headers = asked ? { "docker-content-digest": sha256Digest(Buffer.from(manifest)) } : {};
    response.writeHead(method === "PUT" ? 201 : 200, headers).end();
  });
  const environment = { ...stack.environment, endpoint: server.endpoint };
  const elsewhere = createTarget({ ...stack, environment }, { signal, runtime: systemRuntime });
  onTestFinished(() => elsewhere.close());
  await pushTinyImage({ target: elsewhere, stack, call: { signal, subject: "tiny" } });
  expect(server.seen.slice(-2).map(({ method }) => method)).toEqual(["PUT", "HEAD"]);
});

test("says which command makes a repository that is missing", async () => {
  const unit = { ...apiImage, repository: "europe-west1-docker.pkg.dev/demo-local/no-such/app" };
  await expect(release(unit)).rejects.toMatchObject({ code: "not-provisioned", hint: "pnpm provision" });
});

test("resolves a tag of an image that exists already, and refuses one that does not", async () => {
  const { version } = await release(apiImage);
  const { inputs } = await imageDriver.observe(apiImage, target, contextOf());
  const existing = (reference: string) =>
    ({ kind: "image", name: "app", project: "apps/api", after: [], build: "none", reference }) as const;
  const tagged = existing(`${apiImage.repository}:inputs-${inputs}`);
  expect(await release(tagged)).toEqual({ version, state: { reference: `${apiImage.repository}@${version}` } });
  for (const missing of [
    `${apiImage.repository}:none`,
    `${apiImage.repository}@sha256:${"0".repeat(64)}`,
    "not a reference",
  ])
    await expect(release(existing(missing))).rejects.toMatchObject({ code: "image-not-found", exitCode: 3 });
});

test("takes an image of another registry by its digest only", async () => {
  const digest = `sha256:${"1".repeat(64)}`;
  const foreign = (reference: string) =>
    ({ kind: "image", name: "app", project: "apps/api", after: [], build: "none", reference }) as const;
  const taken = await release(foreign(`docker.io/library/nginx:1@${digest}`));
  expect(taken).toEqual({ version: digest, state: { reference: `docker.io/library/nginx@${digest}` } });
  await expect(release(foreign("docker.io/library/nginx:1"))).rejects.toMatchObject({
    code: "image-not-found",
    hint: expect.stringContaining("skopeo inspect"),
  });
});

test("gives another registry the image that an engine built of the same inputs before, and builds where a layer of it is gone", async () => {
  const root = await mkdtemp(join(tmpdir(), "shell-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, "apps/shell"), { recursive: true });
  await writeFile(join(root, "apps/shell/Dockerfile"), "FROM scratch\nCOPY hello.txt /\n");
  await writeFile(join(root, "apps/shell/hello.txt"), "hello");
  await createRepository("other-backend");
  const releaseTo = async (repository: string) => {
    const host = "europe-west1-docker.pkg.dev/demo-local";
    const unit = { ...shellImage, repository: `${host}/${repository}` };
    const events: DeployEvent[] = [];
    const { version } = await release(unit, contextOf(events, root));
    return { version, lines: events.flatMap((event) => (event.type === "log" ? [event.line] : [])).join("\n") };
  };
  const first = await releaseTo("demo-backend/shell");
  expect(first.lines).toContain("COPY hello.txt");
  const second = await releaseTo("other-backend/shell");
  expect(second).toEqual({ version: first.version, lines: expect.stringContaining("were built here before") });
  expect(second.lines).not.toContain("COPY hello.txt");
  await rm(join(root, ".local/cache/layers"), { recursive: true });
  expect((await releaseTo("other-backend/again")).lines).toContain("COPY hello.txt");
});

test("stops in the middle of a push", async () => {
  await workspace.write("apps/api/src/stop.ts", "export const stop = 1;\n");
  const consumed = await cloud.orderFault({
    match: { method: "PUT", path: "/v2/*/blobs/uploads/*" },
    fault: { kind: "stall" },
    times: null,
  });
  const controller = new AbortController();
  const context = { ...contextOf(), signal: controller.signal };
  const plan = imageDriver.plan(apiImage, await imageDriver.observe(apiImage, target, context), context);
  const applying = imageDriver.apply(plan, target, context);
  applying.catch(() => {});
  await expect.poll(consumed).toBeGreaterThan(0);
  controller.abort();
  await expect(applying).rejects.toMatchObject({ code: "aborted" });
});
