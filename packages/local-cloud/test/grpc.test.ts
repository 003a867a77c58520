// gRPC as Google's clients speak it where they are not told otherwise: a tunnel through the proxy, TLS, and the same API.
// https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { WorkerPoolsClient } from "@google-cloud/run";
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { PassThroughClient } from "google-auth-library";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { certificateFile, ensureCertificate } from "../src/grpc/certificate.ts";
import { location, parent, project, useRunCloud } from "./run-suite.ts";
import { startCloud, type TestCloud } from "./support/start-cloud.ts";

const host = `${location}-run.googleapis.com`;
const getPool = "/google.cloud.run.v2.WorkerPools/GetWorkerPool";
const suite = useRunCloud();
afterEach(() => vi.unstubAllEnvs());

/** What `pnpm local env` does for gcloud: the cloud as the proxy, and its certificate. */
const credentialsOf = async ({ port, dataDir }: Pick<TestCloud, "port" | "dataDir">) => {
  vi.stubEnv("grpc_proxy", `http://127.0.0.1:${port}`);
  const { cert } = await ensureCertificate(dataDir);
  return credentials.createSsl(Buffer.from(cert));
};

const connect = async (cloud: Pick<TestCloud, "port" | "dataDir">): Promise<WorkerPoolsClient> => {
  const authClient = new PassThroughClient();
  const options = { apiEndpoint: host, projectId: project, authClient, sslCreds: await credentialsOf(cloud) };
  const client = new WorkerPoolsClient(options as never);
  onTestFinished(() => client.close());
  return client;
};

/** A call of bytes to any method. */
const callRaw = async (
  cloud: TestCloud,
  path: string,
  message: Uint8Array = Buffer.alloc(0),
  trusted?: ChannelCredentials,
): Promise<ServiceError | null> => {
  const own = await credentialsOf(cloud);
  const client = new Client(host, trusted ?? own);
  onTestFinished(() => client.close());
  const pass = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, pass, pass, message, new Metadata(), (error) => resolve(error));
  });
};

const worker = `console.log("work " + process.env.VERSION);
process.on("SIGTERM", () => process.exit(0));
setInterval(() => {}, 1000);`;

describe("by gRPC", () => {
  it("a worker pool is made, changed, listed and deleted, and is the one that REST sees", async () => {
    const client = await connect(suite.cloud().cloud);
    const image = await suite.image("pool", worker);
    const name = `${parent}/workerPools/pool`;
    const deploy = async (version: string) => {
      const template = { containers: [{ image, env: [{ name: "VERSION", value: version }] }] };
      const [operation] = await client.updateWorkerPool({ workerPool: { name, template }, allowMissing: true });
      return await operation.promise();
    };
    const [{ latestReadyRevision }] = await deploy("1");
    await deploy("2");
    const [pool] = await client.getWorkerPool({ name });
    expect(pool).toMatchObject({ generation: "2", terminalCondition: { state: "CONDITION_SUCCEEDED" } });
    expect(pool.latestReadyRevision).not.toBe(latestReadyRevision);
    expect(await suite.pool("pool")).toMatchObject({ uid: pool.uid, etag: pool.etag });
    expect(suite.cloud().lines("pool")).toEqual(expect.arrayContaining(["work 1", "work 2"]));
    expect((await client.listWorkerPools({ parent }))[0].map((listed) => listed.name)).toEqual([name]);
    const [operation] = await client.deleteWorkerPool({ name });
    await operation.promise();
    await expect(client.getWorkerPool({ name })).rejects.toMatchObject({ code: 5, message: /pool/ });
  });

  it("a refusal has its code and its violations, an operation its error", async () => {
    const client = await connect(suite.cloud().cloud);
    const workerPool = { template: { containers: [{ image: "" }] } };
    await expect(client.createWorkerPool({ parent, workerPoolId: "p", workerPool })).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining("image: a value is required"),
      statusDetails: [{ fieldViolations: [{ field: "worker_pool.template.containers[0].image" }] }],
    });
    await expect(client.getWorkerPool({ name: "pools/p" })).rejects.toMatchObject({ code: 3 });
    const missing = { template: { containers: [{ image: "asia-southeast1-docker.pkg.dev/demo/r/none:latest" }] } };
    const [operation] = await client.createWorkerPool({ parent, workerPoolId: "missing", workerPool: missing });
    await expect(operation.promise()).rejects.toMatchObject({ code: 5, message: expect.stringMatching(/not found/) });
  });

  it("what is not here is refused by its name and logged: methods, services, fields", async () => {
    const { cloud } = suite.cloud();
    const name = Buffer.from(`\n${String.fromCharCode(2)}xy`);
    const cases: readonly (readonly [string, Uint8Array, string])[] = [
      ["/google.cloud.run.v2.WorkerPools/MovePool", Buffer.alloc(0), "google.cloud.run.v2.WorkerPools/MovePool"],
      ["/google.cloud.run.v3.Pools/Get", Buffer.alloc(0), "google.cloud.run.v3.Pools/Get"],
      [getPool, Buffer.concat([name, Buffer.from([0xfa, 0x07, 0x01, 0x41])]), "field 127 of GetWorkerPoolRequest"],
      ["/_local/stop", Buffer.alloc(0), "names no method"],
    ];
    for (const [path, message, says] of cases) {
      expect(await callRaw(cloud, path, message)).toMatchObject({ code: 12, details: expect.stringContaining(says) });
      expect(cloud.lines.at(-1)).toMatch(/^501 /);
      expect(cloud.lines.at(-1)).toContain(path);
    }
  });

  it("what is no message, or too long a one, is refused", async () => {
    const { cloud } = suite.cloud();
    expect(await callRaw(cloud, getPool, Buffer.from("no"))).toMatchObject({ code: 3 });
    const tooLong = await callRaw(cloud, getPool, Buffer.alloc(11 * 1024 * 1024));
    expect(tooLong).toMatchObject({ code: 3, details: expect.stringContaining("exceeds the limit") });
  });

  it("a fault strikes as it does by REST, and a write counts", async () => {
    const { cloud } = suite.cloud();
    const client = await connect(cloud);
    const rpc = "google.cloud.run.v2.WorkerPools.GetWorkerPool";
    const faults = [
      [{ kind: "status", status: 429, message: "slowly" }, 8],
      [{ kind: "reset-before" }, 14],
    ] as const;
    for (const [fault, code] of faults) {
      const consumed = await cloud.orderFault({ match: { rpc }, fault });
      await expect(client.getWorkerPool({ name: `${parent}/workerPools/p` })).rejects.toMatchObject({ code });
      expect(await consumed()).toBe(1);
    }
    expect((await cloud.counters()).errors).toHaveProperty([rpc]);
  });

  it("a caller has the rights of its token", async () => {
    const cloud = await startCloud({ iam: "enforce" });
    const client = await connect(cloud);
    const get = (authorization?: string) =>
      client.getWorkerPool(
        { name: `${parent}/workerPools/p` },
        authorization === undefined ? {} : { otherArgs: { headers: { authorization } } },
      );
    await expect(get()).rejects.toMatchObject({ code: 16 });
    await expect(get("Bearer email:nobody@example.com")).rejects.toMatchObject({
      code: 7,
      details: expect.stringContaining("run.workerpools.get"),
      statusDetails: [{ reason: "IAM_PERMISSION_DENIED" }],
    });
    await expect(get("Bearer developer")).rejects.toMatchObject({ code: 5 });
  });
});

describe("the certificate", () => {
  it("is one for Google's names, of no authority, with a key that its owner alone can read", async () => {
    const { cloud } = suite.cloud();
    const [first, second] = await Promise.all([ensureCertificate(cloud.dataDir), ensureCertificate(cloud.dataDir)]);
    expect(second).toEqual(first);
    const certificate = new X509Certificate(readFileSync(certificateFile(cloud.dataDir)));
    expect([certificate.ca, certificate.subjectAltName]).toEqual([false, "DNS:*.googleapis.com"]);
    expect(statSync(join(cloud.dataDir, "tls/key.pem")).mode & 0o777).toBe(0o600);
  });

  it("is what a client must have been given", async () => {
    const { cloud } = suite.cloud();
    const error = await callRaw(cloud, getPool, Buffer.alloc(0), credentials.createSsl());
    expect(error).toMatchObject({ code: 14, details: expect.stringContaining("self-signed certificate") });
  });
});
