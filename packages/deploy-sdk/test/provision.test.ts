// Provisioning against a real local cloud: from nothing, again, cut short, refused in part, twice at once.
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { defineStack, resolveStack, type Stack, type WrittenStack } from "@slipway/config";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { DeployError } from "../src/deploy-error.ts";
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget, type GoogleTarget } from "../src/google/create-target.ts";
import { provision } from "../src/provision/provision.ts";
import type { ProvisionReport } from "../src/provision/provision-types.ts";
import { accessVersion } from "../src/secret/secret-versions.ts";
import type { DeployEvent } from "../src/types.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { createNodeWorkspace, type NodeWorkspace } from "./support/node-workspace.ts";
import { type RecordingProxy, startRecordingProxy } from "./support/recording-proxy.ts";

// Each starts a database, a Redis and two services, next to whatever else runs.
vi.setConfig({ testTimeout: 120_000 });

const written = defineStack({
  name: "demo",
  region: "europe-west1",
  environments: { local: { project: "demo-local", endpoint: "http://127.0.0.1:1", redis: { kind: "memorystore" } } },
  database: { version: "POSTGRES_15" },
  redis: { kind: "external" },
  secrets: {
    DATABASE_URL: { source: "database" },
    REDIS_URL: { source: "redis" },
    KEY: { source: "generated", format: "fernet", rotation: "never" },
    DSN: { optional: true },
  },
  images: { app: { build: "node", project: "apps/api", entry: "src/main.ts" } },
  services: {
    api: { project: "apps/api", image: "app", public: true, secrets: ["DATABASE_URL", "KEY"] },
    admin: { project: "apps/api", image: "app" },
  },
  sites: { web: { project: "apps/web", bucket: "app.example.com" } },
});

/** What starts nothing, where it makes no difference: two seconds less. */
const quiet = defineStack({
  ...written,
  database: undefined,
  environments: { local: { project: "demo-local", endpoint: "http://127.0.0.1:1" } },
  secrets: { KEY: { source: "generated", format: "fernet", rotation: "never" } },
  services: undefined,
});

type Place = {
  readonly cloud: TestCloud;
  readonly proxy: RecordingProxy;
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly signal: AbortSignal;
};

type OnEnd = (cleanup: () => Promise<void>) => void;

async function createPlace(of: WrittenStack = written, signal = new AbortController().signal): Promise<Place> {
  const onEnd: OnEnd = onTestFinished;
  const cloud = await startCloud(onEnd);
  const proxy = await startRecordingProxy(cloud);
  onEnd(() => proxy.close());
  const stack = resolveStack(of, "local", { endpoint: proxy.endpoint });
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  onEnd(() => target.close());
  return { cloud, proxy, stack, target, signal };
}

let workspace: NodeWorkspace;
const cleanups: (() => Promise<void>)[] = [];
const keep: OnEnd = (cleanup) => cleanups.unshift(cleanup);
beforeAll(async () => {
  // One for all tests: its cache holds Node's layer.
  workspace = await createNodeWorkspace(keep, "shared");
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

type Run = { readonly report: ProvisionReport; readonly events: readonly DeployEvent[] };

async function run(place: Place, mode: "plan" | "apply" = "apply", emit?: (event: DeployEvent) => void): Promise<Run> {
  const events: DeployEvent[] = [];
  const report = await provision({
    ...place,
    workspace: workspace.root,
    mode,
    runtime: systemRuntime,
    emit: (event) => {
      events.push(event);
      emit?.(event);
    },
  });
  return { report, events };
}

const planned = ({ report }: Run): readonly string[] =>
  report.changes.filter(({ kind }) => kind !== "keep").map(({ resource }) => resource);

const reveal = async ({ stack, target, signal }: Place, secret: string, version = "1"): Promise<string> => {
  const call = { signal, subject: secret };
  return (await accessVersion({ project: stack.environment.project, target }, secret, version, call)).reveal();
};

/** Asks a service by the host name that the cloud gave it; with no credentials. */
async function ask({ cloud, target, signal }: Place, service: string) {
  const live = await target.services.get(service, { signal, subject: service });
  const { host } = new URL(live?.url ?? "");
  const asked = request({ host: "127.0.0.1", port: cloud.port, path: "/api/health", headers: { host } });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

test("makes everything from nothing, then plans and writes nothing", async () => {
  const place = await createPlace();
  const before = await place.cloud.counters();
  const preview = await run(place, "plan");
  expect((await place.cloud.counters()).writes.total).toBe(before.writes.total);
  expect(planned(preview).length).toBeGreaterThan(25);

  const first = await run(place);
  expect(first.report).toMatchObject({ exitCode: 0, failures: [], skipped: [], problems: [] });
  expect(first.report.done.toSorted()).toEqual(planned(preview).toSorted());

  const between = await place.cloud.counters();
  const second = await run(place);
  const after = await place.cloud.counters();
  expect(second.report).toMatchObject({ exitCode: 0, done: [] });
  expect(planned(second)).toEqual([]);
  expect(after.writes.total).toBe(between.writes.total);
  expect(after.requests - between.requests).toBeLessThan(60);
  expect(place.proxy.problems()).toEqual([]);

  expect(await ask(place, "demo-api")).toMatchObject({ status: 503, body: expect.stringContaining('"status":"fail"') });
  expect((await ask(place, "demo-admin")).status).toBe(403);
  const url = await reveal(place, "DATABASE_URL");
  expect(url).toMatch(/^postgresql:\/\/app:[A-Za-z0-9_-]{43}@\/app\?host=\/cloudsql\/demo-local:europe-west1:demo-db$/);
  expect(await reveal(place, "REDIS_URL")).toMatch(/^redis:\/\/(:[^@]+@)?127\.0\.0\.1:\d+\/0$/);
  const confidential = [url, new URL(url.replace("@/", "@x/")).password, await reveal(place, "KEY")];
  const told = inspect([first, second, preview], { depth: 20, maxStringLength: null, maxArrayLength: null });
  expect(confidential.filter((value) => told.includes(value))).toEqual([]);
});

test("goes on where it was cut short, and gives no secret a second value", async () => {
  const controller = new AbortController();
  const cut = await createPlace(written, controller.signal);
  const interrupted = run(cut, "apply", (event) => {
    if (event.type === "step" && event.message.includes("value of DATABASE_URL"))
      controller.abort(new Error("cut short"));
  });
  await expect(interrupted).rejects.toThrow();
  const { signal } = new AbortController();
  const target = createTarget(cut.stack, { signal, runtime: systemRuntime });
  onTestFinished(() => target.close());
  const place = { ...cut, signal, target };
  const { report } = await run(place);
  expect(report).toMatchObject({ exitCode: 0, failures: [] });
  expect(planned(await run(place))).toEqual([]);
  for (const secret of ["DATABASE_URL", "REDIS_URL", "KEY"])
    await expect(reveal(place, secret, "2")).rejects.toMatchObject({ code: "not-found" });
});

test("does what can be done when something is refused, says how to mend it, and completes later", async () => {
  const place = await createPlace();
  const consumed = await place.cloud.orderFault({
    match: { rpc: "storage.buckets.insert", path: "/storage/v1/b" },
    fault: { kind: "status", status: 403, message: "Another user owns the domain example.com or a parent domain." },
    times: 2,
  });
  const { report, events } = await run(place);
  expect(await consumed()).toBe(2);
  expect(report.exitCode).toBe(3);
  const failed = new Map(report.failures.map(({ resource, error }) => [resource, error]));
  expect([...failed.keys()].toSorted()).toEqual(["bucket app.example.com", "bucket demo-local-deploy-state"]);
  expect(failed.get("bucket app.example.com")).toMatchObject({
    code: "permission-denied",
    hint: expect.stringContaining("search-console"),
  });
  expect(report.skipped.map(({ because }) => because).toSorted()).toEqual([
    "bucket app.example.com failed",
    "bucket demo-local-deploy-state failed",
  ]);
  expect(events.filter(({ type }) => type === "warning")).toHaveLength(2);
  expect(report.done).toContain("service demo-api");

  const again = await run(place);
  expect(again.report).toMatchObject({ exitCode: 0, failures: [] });
  expect(again.report.done).toHaveLength(4);
});

test("waits for APIs that refuse for a while after they were enabled", async () => {
  const place = await createPlace(quiet);
  let refusals = 0;
  const request: typeof place.target.google.transport.request = async (asked) => {
    if (asked.api !== "artifactregistry" || refusals === 2) return place.target.google.transport.request(asked);
    refusals += 1;
    throw new DeployError("not-provisioned", { subject: asked.subject, message: "the API has not been used before" });
  };
  const transport = { ...place.target.google.transport, request };
  const target = { ...place.target, google: { ...place.target.google, transport } };
  const { report } = await run({ ...place, target });
  expect(refusals).toBe(2);
  expect(report).toMatchObject({ exitCode: 0, failures: [] });
});

test("does not wait for an instance whose name is taken, and which is not there", async () => {
  const place = await createPlace({ ...quiet, database: written.database });
  await place.cloud.orderFault({
    match: { method: "POST", path: "/sql/v1beta4/projects/demo-local/instances" },
    fault: { kind: "status", status: 409, message: "The Cloud SQL instance already exists." },
  });
  const { report } = await run(place);
  expect(report.failures[0]?.error).toMatchObject({
    code: "not-ready",
    message: expect.stringContaining("deleted"),
  });
});

test("keeps what two runs at once do from getting in each other's way", async () => {
  const place = await createPlace();
  const runs = await Promise.all([run(place), run(place)]);
  for (const { report } of runs)
    expect(report.failures.map(({ resource, error }) => [resource, error.message])).toEqual([]);
  expect(planned(await run(place))).toEqual([]);
});

test("keeps bindings of others, and puts back its own", async () => {
  const place = await createPlace(quiet);
  await run(place);
  const { transport } = place.target.google;
  const call = { api: "storage", subject: "policy", signal: place.signal } as const;
  const path = "/storage/v1/b/app.example.com/iam";
  const other = { role: "roles/storage.objectViewer", members: ["user:someone@example.com"] };
  await (await transport.request({ ...call, method: "PUT", path, json: { bindings: [other] } })).discard();
  const { report } = await run(place);
  expect(report.done).toEqual(["access to bucket app.example.com"]);
  const policy = await (await transport.request({ ...call, method: "GET", path })).json<{ bindings: unknown[] }>();
  expect(policy.bindings).toEqual(
    expect.arrayContaining([other, { role: "roles/storage.legacyObjectReader", members: ["allUsers"] }]),
  );
});
