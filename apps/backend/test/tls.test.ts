import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startApi, startWorker } from "./support/backend.ts";
import { readHealth } from "./support/health.ts";
import { startPostgres } from "./support/postgres.ts";
import { startRedis } from "./support/redis-server.ts";

/** A certificate for localhost that signs itself. */
async function makeCertificate(folder: string) {
  const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const output = ["-keyout", files.key, "-out", files.certificate, "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...output]);
  return files;
}

test("speaks TLS with a rediss:// Redis, and not with one whose certificate it cannot check", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { certificate, key } = await makeCertificate(folder);
  const postgres = await startPostgres();
  onTestFinished(postgres.dispose);
  const redis = await startRedis({
    port: "0",
    "tls-cert-file": certificate,
    "tls-key-file": key,
    "tls-ca-cert-file": certificate,
    "tls-auth-clients": "no",
    requirepass: "a-password",
  });
  onTestFinished(redis.dispose);
  const environment = {
    DATABASE_URL: await postgres.createDatabase(randomUUID()),
    REDIS_URL: `rediss://default:a-password@localhost:${redis.port}/0?ssl_cert_reqs=CERT_REQUIRED`,
  };
  const trusting = { ...environment, NODE_EXTRA_CA_CERTS: certificate };
  const { url } = await startApi(trusting);
  await startWorker(trusting);
  expect((await readHealth(url)).states).toEqual({ database: "pass", redis: "pass", worker: "pass" });

  const wary = await startApi(environment);
  const { states, outputs } = await readHealth(wary.url);
  expect(states).toMatchObject({ redis: "fail", worker: "fail" });
  expect(outputs["redis"]).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
});
