import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentNames, resolveStack } from "@slipway/config";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { makeCertificate, tlsSettings } from "../../../apps/backend/test/support/certificate.ts";
import { pg, Redis, request } from "../../../apps/backend/test/support/clients.ts";
import { readHealth } from "../../../apps/backend/test/support/health.ts";
import { type Postgres, startPostgres } from "../../../apps/backend/test/support/postgres.ts";
import { type RedisServer, startRedis } from "../../../apps/backend/test/support/redis-server.ts";
import { healthDocumentIssues } from "../../../packages/health-client/src/schema.ts";
import stack from "../stack.ts";
import { requireDebianPackages } from "./support/debian-packages.ts";
import { type Environment, startApi, startManage, startPython, startWorker } from "./support/django.ts";

const app = "https://app.example.com";
const password = "hunter2-of-redis";
const host = "botbalance-api-123456789012.asia-southeast1.run.localhost";
let postgres: Postgres;
let redis: RedisServer;
let environment: Environment;

beforeAll(async () => {
  await requireDebianPackages();
  [postgres, redis] = await Promise.all([startPostgres(), startRedis({ requirepass: password })]);
  environment = await environmentOf("django");
}, 60_000);
afterAll(async () => {
  await Promise.all([postgres?.dispose(), redis?.dispose()]);
});

/** As the stack gives it: the URL's host is replaced by the socket's folder. */
async function environmentOf(database: string): Promise<Environment> {
  const url = new URL(await postgres.createDatabase(database));
  url.hostname = "203.0.113.1";
  return {
    DJANGO_SETTINGS_MODULE: "botbalance.settings.prod",
    DJANGO_SECRET_KEY: "a-key-for-tests-of-more-than-fifty-signs-0123456789-abcdef",
    DATABASE_URL: url.href,
    DATABASE_HOST: postgres.socketFolder,
    REDIS_URL: redis.url.replace("redis://", `redis://:${password}@`),
    ALLOWED_HOSTS: `${host}:8790`,
    CORS_ALLOWED_ORIGINS: app,
    K_SERVICE: "botbalance-api",
    K_REVISION: "botbalance-api-00007-abc",
    COMMIT_SHA: "9f2c1d",
  };
}

const eventually = { timeout: 20_000, interval: 200 };
const allWell = { database: "pass", redis: "pass", worker: "pass" };

/** Like a request through the ingress: its Host is the service's. */
const call = async (
  url: string,
  options: { headers?: Record<string, string>; method?: "POST"; body?: string } = {},
) => {
  const { statusCode, headers, body } = await request(url, {
    ...options,
    headers: { host, ...(options.body !== undefined && { "content-type": "application/json" }), ...options.headers },
  });
  const text = await body.text();
  return { code: statusCode, headers, text, json: () => JSON.parse(text) as Record<string, unknown> };
};
const health = (url: string, path?: string) => readHealth(url, path, { host });

async function migrate(): Promise<void> {
  expect(await startManage(["migrate"], environment).exit).toBe(0);
}

test.for(environmentNames(stack))("its stack is whole in environment %s", (name) => {
  const { units } = resolveStack(stack, name);
  expect(units.map(({ name: unit }) => unit).sort()).toEqual(["api", "backend", "frontend", "migrate", "worker"]);
});

test("Django's own check finds nothing to warn of in the settings of production", async () => {
  const child = startManage(["check", "--deploy", "--fail-level", "WARNING"], environment);
  expect(await child.exit, child.lines.join("\n")).toBe(0);
  const drift = startManage(["makemigrations", "--check", "--dry-run"], environment);
  expect(await drift.exit, drift.lines.join("\n")).toBe(0);
});

test("what its variables mean is tested in Python", async () => {
  const child = startPython(["test/test_environment.py"], { PYTHONPATH: "." });
  expect(await child.exit, child.lines.join("\n")).toBe(0);
  expect(child.lines.join("\n")).toMatch(/Ran \d+ tests/);
});

test("names every problem of its configuration at once, and no secret", async () => {
  const child = startManage(["check"], {
    DJANGO_SETTINGS_MODULE: "botbalance.settings.prod",
    DATABASE_URL: "mysql://root:hunter2hunter2@db/app",
    REDIS_URL: "hunter2hunter2",
    ALLOWED_HOSTS: "*",
  });
  expect(await child.exit).not.toBe(0);
  const text = child.lines.join("\n");
  for (const name of [
    "DJANGO_SECRET_KEY: is missing",
    "DATABASE_URL: must be",
    "REDIS_URL: must be",
    "ALLOWED_HOSTS: must",
  ])
    expect(text).toContain(name);
  expect(text).not.toContain("hunter2");
});

test("of two migrations at once one waits, and both end well", async () => {
  const own = await environmentOf("migrations");
  const client = new pg.Client({
    host: postgres.socketFolder,
    port: postgres.port,
    user: "postgres",
    database: "migrations",
  });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("SELECT pg_advisory_lock(4117203556)");
  const both = [startManage(["migrate"], own), startManage(["migrate"], own)];
  await Promise.all(both.map((child) => child.line((line) => line.includes("another migration is running"))));
  await client.query("SELECT pg_advisory_unlock(4117203556)");
  expect(await Promise.all(both.map((child) => child.exit))).toEqual([0, 0]);
  const applied = both.filter(({ lines }) => lines.some((line) => line.includes("Applying echo.0001_initial")));
  expect(applied).toHaveLength(1);
});

test("names every component in our form, with the revision and the commit", async () => {
  await migrate();
  const { url } = await startApi(environment);
  await startWorker(environment);
  await expect.poll(async () => (await health(url)).states, eventually).toEqual(allWell);
  const { code, body, headers } = await health(url);
  expect(code).toBe(200);
  expect(healthDocumentIssues(body)).toEqual([]);
  expect(body).toMatchObject({ status: "pass", revision: "botbalance-api-00007-abc", commit: "9f2c1d" });
  expect(headers).toMatchObject({
    "content-type": "application/health+json; charset=utf-8",
    "x-revision": "botbalance-api-00007-abc",
    "server-timing": expect.stringMatching(/^database;dur=[\d.]+, redis;dur=[\d.]+, worker;dur=[\d.]+$/),
  });
  const accepting = await call(`${url}/api/health`, { headers: { accept: "application/health+json" } });
  expect(accepting.code).toBe(200);
  const again = await call(`${url}/api/health`, { headers: { "if-none-match": String(accepting.headers["etag"]) } });
  expect(again.code).toBe(304);
});

test("names Redis and the worker when Redis stops, and recovers without a restart", async () => {
  const { url } = await startApi(environment);
  const worker = await startWorker(environment);
  await expect.poll(async () => (await health(url)).states, eventually).toEqual(allWell);
  onTestFinished(redis.start);
  await redis.stop();
  await expect
    .poll(async () => (await health(url)).states, eventually)
    .toEqual({ database: "pass", redis: "fail", worker: "fail" });
  expect(await health(url)).toMatchObject({
    code: 200,
    status: "warn",
    outputs: { redis: "unreachable (ConnectionError)" },
  });
  expect(await call(`${url}/api/echo`, { method: "POST", body: '{"nonce":"abcdefgh"}' })).toMatchObject({ code: 503 });
  await redis.start();
  await expect.poll(async () => (await health(url)).states, { ...eventually, timeout: 40_000 }).toEqual(allWell);
  expect(worker.lines.join("\n")).not.toContain(password);
}, 90_000);

test("recovers after Redis hung", async () => {
  const { url } = await startApi(environment);
  await startWorker(environment);
  await expect.poll(async () => (await health(url)).states, eventually).toEqual(allWell);
  redis.freeze();
  onTestFinished(redis.thaw);
  await expect.poll(async () => (await health(url)).outputs["redis"], eventually).toBe("unreachable (TimeoutError)");
  expect((await health(url)).code).toBe(200);
  redis.thaw();
  await expect.poll(async () => (await health(url)).states, { ...eventually, timeout: 40_000 }).toEqual(allWell);
}, 90_000);

test("speaks TLS with a rediss:// Redis, in the API and in Celery, and not with one whose certificate it cannot check", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = await makeCertificate(folder);
  const secure = await startRedis({ ...tlsSettings(files), requirepass: password });
  onTestFinished(secure.dispose);
  const wary = { ...environment, REDIS_URL: `rediss://:${password}@localhost:${secure.port}/0` };
  const trusting = { ...wary, SSL_CERT_FILE: files.certificate };
  const { url } = await startApi(trusting);
  await startWorker(trusting);
  await expect.poll(async () => (await health(url)).states, eventually).toEqual(allWell);
  const other = await startApi(wary);
  expect((await health(other.url)).outputs).toMatchObject({ redis: "unreachable (ConnectionError)" });
});

test("answers 503 and names the database when PostgreSQL stops, and recovers without a restart", async () => {
  const { url } = await startApi(environment);
  await expect.poll(async () => (await health(url)).states["database"], eventually).toBe("pass");
  onTestFinished(postgres.start);
  await postgres.stop();
  await expect.poll(async () => (await health(url)).code, eventually).toBe(503);
  const { outputs, headers } = await health(url);
  expect(outputs["database"]).toBe("unreachable (OperationalError)");
  expect(headers["retry-after"]).toBe("5");
  expect((await call(`${url}/api/live`)).code).toBe(200);
  await postgres.start();
  await expect.poll(async () => (await health(url)).states["database"], eventually).toBe("pass");
});

test("a nonce goes through Celery and is read from PostgreSQL; a worker that is gone is named", async () => {
  await migrate();
  const { url } = await startApi(environment);
  const { K_SERVICE: _service, K_REVISION: _revision, ...pool } = environment;
  const worker = await startWorker({ ...pool, CLOUD_RUN_WORKER_POOL_REVISION: "worker-00003" });
  const nonce = randomUUID();
  expect((await call(`${url}/api/echo/${nonce}`)).code).toBe(404);
  expect((await call(`${url}/api/echo`, { method: "POST", body: JSON.stringify({ nonce }) })).code).toBe(202);
  await expect.poll(async () => (await call(`${url}/api/echo/${nonce}`)).code, eventually).toBe(200);
  expect((await call(`${url}/api/echo/${nonce}`)).json()).toMatchObject({ nonce, writtenBy: "worker-00003" });
  worker.kill("SIGKILL");
  await expect
    .poll(async () => (await health(url)).outputs["worker"], eventually)
    .toBe("no worker took the task in time");
});

test("sends one task through the queue, however many ask at once", async () => {
  const { url } = await startApi(environment);
  // A worker that was killed leaves pings behind.
  const client = new Redis({ port: redis.port, password });
  await client.flushall();
  client.disconnect();
  const worker = await startWorker(environment);
  await Promise.all(Array.from({ length: 40 }, () => health(url)));
  expect(worker.lines.filter((line) => /answer_ping.*received/.test(line))).toHaveLength(1);
});

test("answers on every address of the service, and on no other", async () => {
  const { url } = await startApi(environment);
  const codes = async (name: string) => (await call(`${url}/api/health`, { headers: { host: name } })).code;
  for (const name of [
    `${host}:8790`,
    `canary---${host}:8790`,
    "botbalance-api-123456789012.asia-southeast1.run.app",
    "canary---botbalance-api-abc123xyz-as.a.run.app",
  ])
    expect(await codes(name), name).toBe(200);
  for (const name of ["evil.test", "canary---evil.test", "127.0.0.1"]) expect(await codes(name), name).toBe(400);
  // Probes name the host as they please.
  expect((await call(`${url}/api/live`, { headers: { host: "127.0.0.1:9101" } })).code).toBe(200);
});

test("lets the app's origin read it, and no other", async () => {
  const { url } = await startApi(environment);
  const { headers } = await call(`${url}/api/live`, { headers: { origin: app } });
  expect(headers).toMatchObject({
    "access-control-allow-origin": app,
    "access-control-expose-headers": "Date, ETag, Retry-After, Server-Timing, X-Revision",
    "timing-allow-origin": app,
  });
  const other = await call(`${url}/api/live`, { headers: { origin: "https://other.example.com" } });
  expect(other.headers).not.toHaveProperty("access-control-allow-origin");
  expect(other.headers).not.toHaveProperty("timing-allow-origin");
});

test.for([
  ["no JSON", "{", 400],
  ["a nonce that is a path", JSON.stringify({ nonce: "../../etc/passwd" }), 400],
  ["a body that is too large", JSON.stringify({ nonce: "x".repeat(20_000) }), 400],
] as const)("refuses %s", async ([, body, code]) => {
  const { url } = await startApi(environment);
  const answer = await call(`${url}/api/echo`, { method: "POST", body });
  expect(answer.code, answer.text).toBe(code);
  expect(answer.json()).toEqual({
    error: { code: expect.stringMatching(/^[a-z-]+$/), message: expect.stringMatching(/^[^{[]+$/) },
  });
});

test("gunicorn finishes what it has begun to answer", async () => {
  const api = await startApi(environment);
  // With no worker, this answer takes as long as a round trip may.
  const slow = health(api.url);
  const client = new Redis({ port: redis.port, password });
  onTestFinished(() => client.disconnect());
  await expect.poll(async () => client.client("LIST"), eventually).toContain("cmd=blpop");
  api.kill("SIGTERM");
  expect((await slow).code).toBe(200);
  expect(await api.exit).toBe(0);
});

test("Celery finishes the task that it has in hand", async () => {
  await migrate();
  const { url } = await startApi(environment);
  const worker = await startWorker(environment);
  const client = new pg.Client({
    host: postgres.socketFolder,
    port: postgres.port,
    user: "postgres",
    database: "django",
  });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; LOCK TABLE echo_echo");
  const nonce = randomUUID();
  expect((await call(`${url}/api/echo`, { method: "POST", body: JSON.stringify({ nonce }) })).code).toBe(202);
  await expect
    .poll(async () => (await client.query("SELECT 1 FROM pg_locks WHERE NOT granted")).rowCount, eventually)
    .toBe(1);
  worker.kill("SIGTERM");
  await worker.line((line) => line.includes("Warm shutdown"));
  await client.query("COMMIT");
  expect(await worker.exit).toBe(0);
  expect((await client.query("SELECT nonce FROM echo_echo WHERE nonce = $1", [nonce])).rowCount).toBe(1);
});
