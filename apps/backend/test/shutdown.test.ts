import { createConnection } from "node:net";
import pg from "pg";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startApi, startCommand, startWorker } from "./support/backend.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";
import { type RedisServer, startRedis } from "./support/redis-server.ts";

let postgres: Postgres;
let redis: RedisServer;
let environment: Record<string, string>;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  environment = { DATABASE_URL: await postgres.createDatabase("shutdown"), REDIS_URL: redis.url };
});
afterAll(async () => {
  await Promise.all([postgres?.dispose(), redis?.dispose()]);
});

/** With no worker, this answer takes as long as a round trip may. */
const slowPath = "/api/health/detailed";

function ownConnection(): Agent {
  const agent = new Agent({ connections: 1, pipelining: 1, keepAliveTimeout: 60_000 });
  onTestFinished(() => agent.destroy());
  return agent;
}

test("finishes what it has begun to answer, takes nothing new, and exits with 0", async () => {
  const api = await startApi(environment);
  const idle = ownConnection();
  await (await request(`${api.url}/api/live`, { dispatcher: idle })).body.dump();
  const slow = Array.from({ length: 10 }, () => request(api.url + slowPath, { dispatcher: ownConnection() }));
  // The queue shows that the requests have arrived.
  const client = new pg.Client(environment["DATABASE_URL"]);
  await client.connect();
  onTestFinished(() => client.end());
  await expect
    .poll(async () => (await client.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'api'")).rowCount)
    .toBeGreaterThan(0);
  api.kill("SIGTERM");
  const answers = await Promise.all(slow);
  for (const { statusCode, headers, body } of answers) {
    await body.dump();
    expect({ statusCode, connection: headers["connection"] }).toEqual({ statusCode: 200, connection: "close" });
  }
  expect(await api.exit).toBe(0);
  expect(api.lines.join("\n")).toContain("drained: everything is closed");
  await expect(request(`${api.url}/api/live`)).rejects.toThrow(/ECONNREFUSED/);
});

test("a caller who reconnects sees no failed answer while the API stops", async () => {
  const api = await startApi(environment);
  const outcomes: string[] = [];
  const callers = Array.from({ length: 4 }, async () => {
    const dispatcher = ownConnection();
    while (true) {
      const answer = await request(`${api.url}/api/live`, { dispatcher }).catch((error: Error) => error);
      if (answer instanceof Error) return answer;
      outcomes.push(`${answer.statusCode}`);
      await answer.body.dump();
      if (outcomes.length === 200) api.kill("SIGTERM");
    }
  });
  const ends = await Promise.all(callers);
  expect(await api.exit).toBe(0);
  expect([...new Set(outcomes)]).toEqual(["200"]);
  // The end is a refused or closed connection, before any answer had begun.
  for (const { message } of ends) expect(message).toMatch(/ECONNREFUSED|ECONNRESET|other side closed/);
});

test("an idle connection does not hold it up", async () => {
  const api = await startApi(environment);
  const socket = createConnection(Number(new URL(api.url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  const start = performance.now();
  api.kill("SIGTERM");
  expect(await api.exit).toBe(0);
  expect(performance.now() - start).toBeLessThan(3000);
});

test("a second signal ends it at once", async () => {
  const api = await startApi(environment);
  const slow = request(api.url + slowPath).catch((error: Error) => error);
  api.kill("SIGTERM");
  await api.line((line) => line.includes("stopping: SIGTERM"));
  api.kill("SIGTERM");
  expect(await api.exit).toBe(143);
  await slow;
});

test("Ctrl-C drains and exits with 130", async () => {
  const api = await startApi(environment);
  api.kill("SIGINT");
  expect(await api.exit).toBe(130);
});

test("the worker finishes its task before it ends", async () => {
  const worker = await startWorker(environment);
  const client = new pg.Client(environment["DATABASE_URL"]);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(
    "CREATE TABLE IF NOT EXISTS echo (nonce text PRIMARY KEY, written_at timestamptz DEFAULT now(), written_by text)",
  );
  await client.query("BEGIN; LOCK TABLE echo");
  const api = await startApi(environment);
  await request(`${api.url}/api/echo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"nonce":"in-flight-nonce"}',
  });
  const waiting = "SELECT 1 FROM pg_locks WHERE NOT granted";
  await expect.poll(async () => (await client.query(waiting)).rowCount, { timeout: 5000 }).toBe(1);
  worker.kill("SIGTERM");
  await worker.line((line) => line.includes("stopping: SIGTERM"));
  await client.query("COMMIT");
  expect(await worker.exit).toBe(0);
  expect((await client.query("SELECT nonce FROM echo")).rows).toEqual([{ nonce: "in-flight-nonce" }]);
});

test("the worker ends in time while Redis is away", async () => {
  const worker = await startWorker(environment);
  onTestFinished(redis.start);
  await redis.stop();
  await worker.line((line) => line.includes("Redis is unreachable"));
  const start = performance.now();
  worker.kill("SIGTERM");
  await worker.exit;
  expect(performance.now() - start).toBeLessThan(9500);
});

test.for([
  ["worker", ["DATABASE_URL: is missing", "REDIS_URL: is missing"]],
  ["migrate", ["DATABASE_URL: is missing"]],
] as const)("%s names every missing variable at once and exits with 2", async ([command, expected]) => {
  const child = startCommand(command);
  expect(await child.exit).toBe(2);
  for (const text of expected) expect(child.lines.join("\n")).toContain(text);
});

test("an unknown command is refused with the usage", async () => {
  const child = startCommand("serve");
  expect(await child.exit).toBe(2);
  expect(child.lines).toEqual(["usage: node src/main.ts api|worker|migrate"]);
});
