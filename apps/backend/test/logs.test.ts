import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { request } from "undici";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startApi, startWorker } from "./support/backend.ts";
import { readHealth } from "./support/health.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";
import { type RedisServer, startRedis } from "./support/redis-server.ts";

const password = "p@ss/w:rd-4711";
let postgres: Postgres;
let redis: RedisServer;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis({ requirepass: "another-password" })]);
});
afterAll(async () => {
  await Promise.all([postgres?.dispose(), redis?.dispose()]);
});

test("logs lines that Cloud Logging reads, and no secret even where a login is refused", async () => {
  const encoded = encodeURIComponent(password);
  const api = await startApi({
    LOG_LEVEL: "debug",
    DATABASE_URL: `postgresql://postgres:${encoded}@127.0.0.1:${postgres.port}/absent`,
    REDIS_URL: `redis://default:${encoded}@127.0.0.1:${redis.port}`,
  });
  const { code, outputs, body } = await readHealth(api.url);
  expect(code).toBe(503);
  expect(outputs["database"]).toBe("has no such database (3D000)");
  expect(outputs["redis"]).toMatch(/WRONGPASS/);
  await (await request(`${api.url}/api/live?token=${encoded}`)).body.dump();
  await api.line((line) => line.includes("/api/live"));
  for (const line of api.lines) {
    const entry: Record<string, unknown> = JSON.parse(line);
    expect(entry).toMatchObject({
      severity: expect.stringMatching(/^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$/),
      message: expect.any(String),
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  }
  const everything = [...api.lines, JSON.stringify(body)].join("\n");
  expect(everything).toContain("WRONGPASS");
  expect(everything).toContain('"requestUrl":"/api/live"');
  for (const secret of [password, encoded, JSON.stringify(password).slice(1, -1)])
    expect(everything).not.toContain(secret);
});

test("reports a task that failed for good to Sentry, without the login", async () => {
  const received: string[] = [];
  const sentry = createServer((message, response) => {
    message.setEncoding("utf8").on("data", (chunk: string) => received.push(chunk));
    message.on("end", () => response.end("{}"));
  }).listen(0, "127.0.0.1");
  await once(sentry, "listening");
  onTestFinished(() => void sentry.close());
  const { port } = sentry.address() as AddressInfo;
  const worker = await startWorker({
    DATABASE_URL: (await postgres.createDatabase("sentry")).replace("not-asked-for", encodeURIComponent(password)),
    REDIS_URL: `redis://:another-password@127.0.0.1:${redis.port}`,
    SENTRY_DSN: `http://publickey@127.0.0.1:${port}/1`,
    RELEASE_ID: "r-42",
  });
  const connection = new Redis({ port: redis.port, password: "another-password", maxRetriesPerRequest: null });
  const queue = new Queue("tasks", { connection });
  onTestFinished(async () => {
    await queue.close();
    connection.disconnect();
  });
  await queue.add("drop-everything", { nonce: "abcdefgh" });
  await worker.line((line) => line.includes('"severity":"ERROR"') && line.includes("task drop-everything failed"));
  worker.kill("SIGTERM");
  expect(await worker.exit).toBe(0);
  const text = received.join("");
  expect(text).toContain("the queue holds no task of ours");
  expect(text).toContain('"release":"r-42"');
  for (const secret of [password, "another-password"]) expect(text + worker.lines.join()).not.toContain(secret);
});
