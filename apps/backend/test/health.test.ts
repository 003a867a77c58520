import { Redis } from "ioredis";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { shareApi, shareWorker, startApi, startWorker } from "./support/backend.ts";
import { readHealth } from "./support/health.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";
import { type RedisServer, startRedis } from "./support/redis-server.ts";

let postgres: Postgres;
let redis: RedisServer;
let environment: Record<string, string>;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  environment = {
    DATABASE_URL: await postgres.createDatabase("health"),
    REDIS_URL: redis.url,
    K_SERVICE: "api",
    K_REVISION: "api-00007-abc",
    COMMIT_SHA: "9f2c1d",
    RELEASE_ID: "r-7",
  };
});
afterAll(async () => {
  await Promise.all([postgres?.dispose(), redis?.dispose()]);
});

const eventually = { timeout: 15_000, interval: 100 };
const allWell = { database: "pass", redis: "pass", worker: "pass" };

describe("with a worker", () => {
  const api = shareApi(() => environment);
  shareWorker(() => environment);

  test("names every component, the revision and the commit, and says for how long each took", async () => {
    const { url } = api();
    const { code, headers, status, body, states } = await readHealth(url);
    expect({ code, status, states }).toEqual({ code: 200, status: "pass", states: allWell });
    expect(body).toMatchObject({ revision: "api-00007-abc", commit: "9f2c1d", releaseId: "r-7", serviceId: "api" });
    expect(headers).toMatchObject({
      "content-type": "application/health+json; charset=utf-8",
      "x-revision": "api-00007-abc",
      "server-timing": expect.stringMatching(/^database;dur=[\d.]+, redis;dur=[\d.]+, worker;dur=[\d.]+$/),
    });
    const [check] = (body["checks"] as Record<string, object[]>)["database:responseTime"] ?? [];
    expect(check).toEqual({
      componentId: "database",
      componentType: "datastore",
      status: "pass",
      critical: true,
      latency_ms: expect.any(Number),
      observedValue: expect.any(Number),
      observedUnit: "ms",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  test("names Redis and the worker when Redis stops, stays up, and recovers without a restart", async () => {
    const { url } = api();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
    onTestFinished(redis.start);
    await redis.stop();
    await expect
      .poll(async () => (await readHealth(url)).states, eventually)
      .toEqual({ database: "pass", redis: "fail", worker: "fail" });
    const answer = await readHealth(url);
    expect(answer).toMatchObject({ code: 200, status: "warn", outputs: { redis: "unreachable (ECONNREFUSED)" } });
    expect((await readHealth(url, "/api/health")).code).toBe(200);
    await redis.start();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
  });

  test("answers in time when Redis hangs, and recovers when it goes on", async () => {
    const { url } = api();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
    redis.freeze();
    onTestFinished(redis.thaw);
    await expect.poll(async () => (await readHealth(url)).states["redis"], eventually).toBe("fail");
    const start = performance.now();
    const { code, outputs } = await readHealth(url);
    expect(performance.now() - start).toBeLessThan(4500);
    expect(code).toBe(200);
    expect(outputs["redis"]).toBe("no answer within 1000 ms");
    redis.thaw();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
  });

  test("answers 503 and names the database when PostgreSQL stops, and recovers without a restart", async () => {
    const { url } = api();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
    onTestFinished(postgres.start);
    await postgres.stop();
    await expect.poll(async () => (await readHealth(url)).code, eventually).toBe(503);
    const { status, states, outputs, headers } = await readHealth(url);
    expect({ status, states }).toEqual({ status: "fail", states: { database: "fail", redis: "pass", worker: "pass" } });
    expect(outputs["database"]).toBe("unreachable (ECONNREFUSED)");
    expect(headers["retry-after"]).toBe("5");
    expect((await readHealth(url, "/api/live")).code).toBe(200);
    await postgres.start();
    await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
  });

  test("sends one task through the queue, however many ask at once", async () => {
    // Its own, which has no answer yet.
    const { url } = await startApi(environment);
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    const before = Number(await client.get("bull:tasks:id"));
    const answers = await Promise.all(Array.from({ length: 100 }, () => readHealth(url)));
    expect(answers.every(({ states }) => states["worker"] === "pass")).toBe(true);
    expect(Number(await client.get("bull:tasks:id")) - before).toBe(1);
  });
});

test("names the worker when it is killed, and sees the next one", async () => {
  const { url } = await startApi(environment);
  const worker = await startWorker(environment);
  await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
  await worker.dispose();
  await expect.poll(async () => (await readHealth(url)).states["worker"], eventually).toBe("fail");
  expect(await readHealth(url)).toMatchObject({
    code: 200,
    status: "warn",
    outputs: { worker: "no worker took the task in time" },
  });
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  expect(await client.llen("bull:tasks:wait"), "no ping is left behind").toBe(0);
  await startWorker(environment);
  await expect.poll(async () => (await readHealth(url)).states, eventually).toEqual(allWell);
});

test("answers 304 to who has the answer already", async () => {
  const { url } = await startApi(environment);
  const { headers } = await readHealth(url, "/api/health");
  const again = await request(`${url}/api/health`, { headers: { "If-None-Match": String(headers["etag"]) } });
  await again.body.dump();
  expect(again.statusCode).toBe(304);
});

test("says what is not configured, and does not call it well", async () => {
  const { url } = await startApi();
  const { code, status, states, outputs } = await readHealth(url);
  expect({ code, status, states }).toEqual({
    code: 503,
    status: "fail",
    states: { database: "fail", redis: "warn", worker: "warn" },
  });
  expect(outputs).toEqual({
    database: "not configured: DATABASE_URL is not set",
    redis: "not configured: REDIS_URL is not set",
    worker: "not configured: REDIS_URL is not set",
  });
});

test("reaches PostgreSQL by the folder of its socket, which DATABASE_HOST names over the URL's host", async () => {
  const wrong = await startApi({
    DATABASE_URL: "postgresql://postgres:x@203.0.113.1:1/health",
    DATABASE_HOST: postgres.socketFolder,
  });
  // A socket's file carries the port in its name.
  expect((await readHealth(wrong.url, "/api/health")).outputs["database"]).toBe("unreachable (ENOENT)");
  const right = await startApi({
    DATABASE_URL: `postgresql://postgres:x@203.0.113.1:${postgres.port}/health`,
    DATABASE_HOST: postgres.socketFolder,
  });
  expect((await readHealth(right.url, "/api/health")).states["database"]).toBe("pass");
  const byParameter = await startApi({
    DATABASE_URL: `postgresql://postgres:x@/health?host=${postgres.socketFolder}&port=${postgres.port}`,
  });
  expect((await readHealth(byParameter.url, "/api/health")).states["database"]).toBe("pass");
});
