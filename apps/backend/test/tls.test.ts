import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApi, startWorker } from "./support/backend.ts";
import { makeCertificate, tlsSettings } from "./support/certificate.ts";
import { readHealth } from "./support/health.ts";
import { startPostgres } from "./support/postgres.ts";
import { startRedis } from "./support/redis-server.ts";

test("speaks TLS with a rediss:// Redis, and not with one whose certificate it cannot check", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = await makeCertificate(folder);
  const postgres = await startPostgres();
  onTestFinished(postgres.dispose);
  const redis = await startRedis({ ...tlsSettings(files), requirepass: "a-password" });
  onTestFinished(redis.dispose);
  const environment = {
    DATABASE_URL: await postgres.createDatabase(randomUUID()),
    REDIS_URL: `rediss://default:a-password@localhost:${redis.port}/0?ssl_cert_reqs=CERT_REQUIRED`,
  };
  const trusting = { ...environment, NODE_EXTRA_CA_CERTS: files.certificate };
  const { url } = await startApi(trusting);
  await startWorker(trusting);
  expect((await readHealth(url)).states).toEqual({ database: "pass", redis: "pass", worker: "pass" });

  const wary = await startApi(environment);
  const { states, outputs } = await readHealth(wary.url);
  expect(states).toMatchObject({ redis: "fail", worker: "fail" });
  expect(outputs["redis"]).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
});
