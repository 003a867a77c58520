import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readServerInfo, startLocalCloud } from "../src/index.ts";
import type { CloudService, Route } from "../src/server/types.ts";
import { createFolder, startCloud } from "./support/start-cloud.ts";

/** One API with a number that `POST /v1/thing` raises by one and `GET /v1/thing` tells. */
const startCounting = async () => {
  let value = 0;
  const route = (method: Route["method"], rpc: string, write: boolean, handle: Route["handle"]): Route => ({
    ...{ method, template: "/v1/thing", rpc, write, handle },
  });
  const api: CloudService = {
    api: "things.googleapis.com",
    routes: [
      route("GET", "things.get", false, () => ({ status: 200, json: { value } })),
      route("POST", "things.raise", true, async (request) => {
        await request.json();
        value += 1;
        return { status: 200, json: { value } };
      }),
    ],
  };
  const cloud = await startCloud({ services: () => [api] });
  const raise = (body?: string) => fetch(`${cloud.url}/v1/thing`, { method: "POST", body: body ?? "{}" });
  return { cloud, raise, value: () => value };
};

test("counts requests, reads and successful writes by API and method", async () => {
  const { cloud, raise } = await startCounting();
  await cloud.fetchJson("/v1/thing");
  await raise();
  await raise();
  await raise("{");
  expect(await cloud.counters()).toEqual({
    requests: 4,
    calls: { "things.get": 1, "things.raise": 3 },
    reads: 1,
    writes: { total: 2, byService: { "things.googleapis.com": { total: 2, byRpc: { "things.raise": 2 } } } },
    errors: { "things.raise": 1 },
  });
  await cloud.fetchJson("/_local/counters:reset", { method: "POST" });
  expect(await cloud.counters()).toMatchObject({ requests: 0, writes: { total: 0 } });
});

test("a status is answered before the write, with Retry-After, as often as ordered", async () => {
  const { cloud, raise, value } = await startCounting();
  const fault = { kind: "status", status: 429, retryAfterSeconds: 7 };
  const consumed = await cloud.orderFault({ match: { rpc: "things.raise" }, fault, times: 2, skip: 1 });
  const statuses = [];
  for (let n = 0; n < 4; n += 1) {
    const response = await raise();
    statuses.push([response.status, response.headers.get("retry-after")]);
    await response.body?.cancel();
  }
  expect(statuses).toEqual([
    [200, null],
    [429, "7"],
    [429, "7"],
    [200, null],
  ]);
  expect(await consumed()).toBe(2);
  expect(value()).toBe(2);
});

test.for([
  { kind: "reset-before", applied: 0 },
  { kind: "reset-after", applied: 1 },
  { kind: "break-request", afterBytes: 3, applied: 0 },
  { kind: "break-response", afterBytes: 3, applied: 1 },
])("$kind breaks the connection, with $applied writes applied", async ({ applied, ...fault }) => {
  const { cloud, raise, value } = await startCounting();
  const consumed = await cloud.orderFault({ match: { method: "POST", path: "/v1/*" }, fault });
  await expect(raise('{"long": true}').then((response) => response.text())).rejects.toThrow();
  expect(value()).toBe(applied);
  expect(await consumed()).toBe(1);
  expect((await raise()).status).toBe(200);
});

test("a stalled call ends when its client gives up", async () => {
  const { cloud, value } = await startCounting();
  const consumed = await cloud.orderFault({ fault: { kind: "stall" } });
  const signal = AbortSignal.timeout(50);
  await expect(fetch(`${cloud.url}/v1/thing`, { method: "POST", signal })).rejects.toThrow();
  expect(await consumed()).toBe(1);
  expect(value()).toBe(0);
});

test("latency delays a call and goes together with another fault", async () => {
  const { cloud, raise } = await startCounting();
  await cloud.orderFault({ fault: { kind: "latency", delayMs: 60 }, times: null });
  await cloud.orderFault({ fault: { kind: "status", status: 503 } });
  const started = performance.now();
  expect((await raise()).status).toBe(503);
  expect(performance.now() - started).toBeGreaterThan(55);
  await cloud.fetchJson("/_local/faults", { method: "DELETE" });
  expect(await cloud.fetchJson("/_local/faults")).toEqual({ status: 200, json: { faults: [] } });
});

test.for([
  [{ fault: { kind: "explode" } }, "fault.kind"],
  [{ fault: { kind: "status", status: 200 } }, "fault.status"],
  [{ fault: { kind: "stall" }, times: -1 }, "times"],
  [{ fault: { kind: "stall", ms: 1 } }, "fault.ms"],
  [{ match: { host: "x" }, fault: { kind: "stall" } }, "match.host"],
  [[], "rule"],
] as const)("refuses a fault rule that is none: %j", async ([rule, field]) => {
  const { cloud } = await startCounting();
  const { status, json } = await cloud.fetchJson<{ error: { message: string } }>("/_local/faults", {
    method: "POST",
    body: JSON.stringify(rule),
  });
  expect(status).toBe(400);
  expect(json.error.message).toContain(field);
});

test("names every method, and those that it refuses", async () => {
  const cloud = await startCloud();
  const { json } = await cloud.fetchJson<{ methods: { rpc: string; refused: boolean; permission?: string }[] }>(
    "/_local/methods",
  );
  const find = (rpc: string) => json.methods.find((method) => method.rpc === rpc);
  expect(find("storage.objects.get")).toMatchObject({ refused: false, permission: "storage.objects.get" });
  expect(find("storage.buckets.lockRetentionPolicy")).toMatchObject({ refused: true });
});

test("stops when a client asks it to, and gives its folder back", async () => {
  const { cloud } = await startCounting();
  expect(readServerInfo(cloud.dataDir)).toMatchObject({ pid: process.pid, port: cloud.port, url: cloud.url });
  expect((await cloud.fetchJson("/_local/stop", { method: "POST" })).status).toBe(200);
  await cloud.stopped;
  expect(readServerInfo(cloud.dataDir)).toBeUndefined();
});

test("a second cloud on the same folder is refused with the first one's process id", async () => {
  const { cloud } = await startCounting();
  await expect(startLocalCloud({ dataDir: cloud.dataDir, services: () => [] })).rejects.toMatchObject({
    name: "LocalCloudError",
    code: "data-dir-locked",
    message: expect.stringContaining(String(process.pid)),
  });
  expect((await cloud.fetchJson("/v1/thing")).status).toBe(200);
});

test("a port in use is refused with the fix, and the folder is free again", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const dataDir = createFolder();
  const start = (wanted: number) => startLocalCloud({ dataDir, port: wanted, services: () => [] });
  await expect(start(port)).rejects.toMatchObject({
    code: "port-in-use",
    hint: expect.stringContaining("another port"),
  });
  const cloud = await start(0);
  await cloud.stop();
});

test("the lock of a killed process is taken over, also when its id belongs to another now", async () => {
  const dataDir = createFolder();
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lock = (holder: object) => writeFileSync(join(dataDir, "lock"), JSON.stringify(holder));
  lock({ pid: child.pid, startTime: "1" });
  await (await startLocalCloud({ dataDir, services: () => [] })).stop();
  const ended = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
  lock({ pid: ended });
  await (await startLocalCloud({ dataDir, services: () => [] })).stop();
});

test("of several that find the lock of a killed process, one takes it", async () => {
  const dataDir = createFolder();
  const module = new URL("../src/control/data-dir.ts", import.meta.url).href;
  // They begin at one moment, and keep what they took until they are ended.
  const script = `import { lockDataDir } from ${JSON.stringify(module)};
    process.stdout.write("ready");
    process.stdin.once("data", () => {
      try { lockDataDir(${JSON.stringify(dataDir)}); console.log(" taken"); } catch ({ code }) { console.log(" " + code); }
    });`;
  writeFileSync(join(dataDir, "lock"), JSON.stringify({ pid: 2 ** 22 + 1 }));
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ["--input-type=module", "-e", script]));
  onTestFinished(() => children.forEach((child) => void child.kill("SIGKILL")));
  const next = async ({ stdout }: (typeof children)[number]) => String((await once(stdout, "data"))[0]);
  expect(new Set(await Promise.all(children.map(next)))).toEqual(new Set(["ready"]));
  const answers = children.map(next);
  for (const { stdin } of children) stdin.write("go");
  const said = (await Promise.all(answers)).map((text) => text.trim()).toSorted();
  expect(said).toEqual([...Array(5).fill("data-dir-locked"), "taken"]);
});

test("a folder that cannot be written is named", async () => {
  const file = join(createFolder(), "file");
  writeFileSync(file, "");
  await expect(startLocalCloud({ dataDir: join(file, "x"), services: () => [] })).rejects.toMatchObject({
    code: "data-dir-unusable",
    subject: join(file, "x"),
  });
  expect(readFileSync(file, "utf8")).toBe("");
});

test("records each permission that a caller used once, and whether it was granted", async () => {
  const handle: Route["handle"] = () => ({ status: 200, json: {} });
  const routes: Route[] = [
    { method: "GET", template: "/v1/{name=projects/*/x}", rpc: "x", write: false, permission: "x.things.get", handle },
  ];
  const authorizer = { allows: (principal: string) => principal === "a@b.c" };
  const services = () => [{ api: "x.googleapis.com", routes, authorizer }];
  const start = (iam: "record" | "enforce") => startCloud({ services, iam });
  const ask = (cloud: Awaited<ReturnType<typeof start>>, authorization: string) =>
    cloud.fetchJson("/v1/projects/p/x", { headers: { authorization } }).then(({ status }) => status);

  const recording = await start("record");
  for (const token of ["Bearer email:a@b.c", "Bearer email:a@b.c", "Bearer t"]) await ask(recording, token);
  const use = { permission: "x.things.get", resource: "projects/p" };
  expect((await recording.fetchJson("/_local/permissions")).json).toEqual({
    mode: "record",
    uses: [
      { principal: "a@b.c", ...use, granted: true },
      { principal: "developer@localhost", ...use, granted: false },
    ],
  });

  const enforcing = await start("enforce");
  expect(await ask(enforcing, "Bearer email:a@b.c")).toBe(200);
  expect(await ask(enforcing, "Bearer t")).toBe(403);
  expect(await ask(enforcing, "")).toBe(401);
});
