import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import pg from "pg";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runMigrations, shareApi, shareWorker, startApi } from "./support/backend.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";
import { type RedisServer, startRedis } from "./support/redis-server.ts";

let postgres: Postgres;
let redis: RedisServer;
let environment: Record<string, string>;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  environment = { DATABASE_URL: await postgres.createDatabase("echo"), REDIS_URL: redis.url };
  await runMigrations(environment["DATABASE_URL"] ?? "");
});
afterAll(async () => {
  await Promise.all([postgres?.dispose(), redis?.dispose()]);
});

const api = shareApi(() => environment);

const eventually = { timeout: 20_000, interval: 100 };
type Answer = { readonly code: number; readonly body: Record<string, unknown>; readonly retryAfter: unknown };

async function send(url: string, body: unknown): Promise<Answer> {
  const response = await request(`${url}/api/echo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const json = (await response.body.json()) as Record<string, unknown>;
  return { code: response.statusCode, body: json, retryAfter: response.headers["retry-after"] };
}

async function read(url: string, nonce: string): Promise<Answer> {
  const response = await request(`${url}/api/echo/${nonce}`);
  const json = (await response.body.json()) as Record<string, unknown>;
  return { code: response.statusCode, body: json, retryAfter: response.headers["retry-after"] };
}

describe("with a worker", () => {
  const worker = shareWorker(() => ({ ...environment, K_REVISION: "worker-00003" }));

  test("a nonce goes through the queue to the worker and is read from PostgreSQL", async () => {
    const { url } = api();
    const nonce = randomUUID();
    expect((await read(url, nonce)).code).toBe(404);
    expect(await send(url, { nonce })).toMatchObject({ code: 202, body: { nonce, status: "queued" } });
    await expect.poll(async () => (await read(url, nonce)).code, eventually).toBe(200);
    expect((await read(url, nonce)).body).toEqual({
      nonce,
      writtenAt: expect.stringMatching(/^\d{4}-/),
      writtenBy: "worker-00003",
    });
    const client = new pg.Client(environment["DATABASE_URL"]);
    await client.connect();
    const { rows } = await client.query("SELECT written_by FROM echo WHERE nonce = $1", [nonce]);
    await client.end();
    expect(rows).toEqual([{ written_by: "worker-00003" }]);
  });

  test("the worker consumes on after a Redis restart, and after its connections are reset", async () => {
    // Its own, since it asks more often than one caller may in a minute.
    const { url } = await startApi(environment);
    onTestFinished(redis.start);
    await redis.stop();
    expect(await send(url, { nonce: randomUUID() })).toMatchObject({ code: 503, retryAfter: "5" });
    await redis.start();
    const first = randomUUID();
    await expect.poll(async () => (await send(url, { nonce: first })).code, eventually).toBe(202);
    await expect.poll(async () => (await read(url, first)).code, eventually).toBe(200);

    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    const second = randomUUID();
    await expect.poll(async () => (await send(url, { nonce: second })).code, eventually).toBe(202);
    await expect.poll(async () => (await read(url, second)).code, eventually).toBe(200);
  });

  test("a nonce taken while PostgreSQL is away is written when it is back", async () => {
    const { url } = api();
    const nonce = randomUUID();
    onTestFinished(postgres.start);
    await postgres.stop();
    expect((await send(url, { nonce })).code).toBe(202);
    expect((await read(url, nonce)).body).toMatchObject({ error: { code: "database-unavailable" } });
    await worker().line((line) => line.includes("it is tried again"));
    await postgres.start();
    await expect.poll(async () => (await read(url, nonce)).code, eventually).toBe(200);
  });
});

test.for([
  ["no body", "", 400],
  ["no JSON", "{", 400],
  ["no nonce", "{}", 400],
  ["a nonce that is a number", '{"nonce":12345678}', 400],
  ["a nonce with other signs", JSON.stringify({ nonce: "../../etc/passwd" }), 400],
  ["a nonce that is too long", JSON.stringify({ nonce: "x".repeat(65) }), 400],
  ["another field", JSON.stringify({ nonce: "abcdefgh", more: 1 }), 400],
  ["a body that is too large", JSON.stringify({ nonce: "x".repeat(2000) }), 413],
] as const)("refuses %s", async ([, body, code]) => {
  const answer = await send(api().url, body);
  expect(answer.code).toBe(code);
  expect(answer.body).toMatchObject({ error: { code: expect.stringMatching(/^[a-z-]+$/) } });
});

test("limits how often one caller may send, and says when to come back", async () => {
  const { url } = await startApi(environment);
  const answers = await Promise.all(Array.from({ length: 70 }, () => send(url, { nonce: randomUUID() })));
  expect(answers.filter(({ code }) => code === 202)).toHaveLength(60);
  const limited = answers.filter(({ code }) => code === 429);
  expect(limited).toHaveLength(10);
  expect(limited[0]).toMatchObject({ retryAfter: "60", body: { error: { code: "too-many-requests" } } });
});

test("takes no more nonces than the queue may hold", async () => {
  const client = new Redis(redis.url);
  onTestFinished(async () => {
    await client.flushall();
    client.disconnect();
  });
  await client.rpush("bull:tasks:wait", ...Array.from({ length: 1000 }, (_, index) => `filler-${index}`));
  expect(await send(api().url, { nonce: randomUUID() })).toMatchObject({
    code: 503,
    body: { error: { code: "queue-full" } },
  });
});

test("says that it has no queue where none is configured", async () => {
  const { url } = await startApi();
  expect(await send(url, { nonce: "abcdefgh" })).toMatchObject({ code: 503, body: { error: { code: "no-queue" } } });
  expect(await read(url, "abcdefgh")).toMatchObject({ code: 503, body: { error: { code: "no-database" } } });
});
