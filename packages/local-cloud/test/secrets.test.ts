// Secret Manager, asked by its official client. https://cloud.google.com/secret-manager/docs/reference/rest
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { crc32c } from "@node-rs/crc32";
import { PassThroughClient } from "google-auth-library";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPlatform, type Platform } from "../src/platform.ts";
import { projectNumber } from "../src/resource-manager/project-number.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const parent = "projects/demo";
const name = `${parent}/secrets/DATABASE_URL`;
const numbered = `projects/${projectNumber("demo")}/secrets/DATABASE_URL`;
const secret = { replication: { automatic: {} } };

function connect({ port }: TestCloud): SecretManagerServiceClient {
  const client = new SecretManagerServiceClient({
    ...{ fallback: true, protocol: "http", apiEndpoint: "127.0.0.1", port, projectId: "demo" },
    authClient: new PassThroughClient() as never,
  });
  onTestFinished(() => client.close());
  return client;
}

async function start(options: Parameters<typeof startCloud>[0] = {}) {
  const cloud = await startCloud(options);
  const client = connect(cloud);
  await client.createSecret({ parent, secretId: "DATABASE_URL", secret });
  const add = async (text: string): Promise<string> => {
    const [version] = await client.addSecretVersion({ parent: name, payload: { data: Buffer.from(text) } });
    return version.name ?? "";
  };
  const read = async (version: string): Promise<string> => {
    const [{ payload }] = await client.accessSecretVersion({ name: `${name}/versions/${version}` });
    return Buffer.from((payload?.data ?? "") as Uint8Array).toString();
  };
  return { ...cloud, client, add, read };
}

const refused = (code: number, message?: string) =>
  expect.objectContaining({ code, ...(message !== undefined && { message: expect.stringContaining(message) }) });
const [invalidArgument, notFound, alreadyExists, failedPrecondition, aborted, unimplemented] = [3, 5, 6, 9, 10, 12];

describe("a secret", () => {
  test("is created once, read by its project's id or number, and named by the number", async () => {
    const { client } = await start();
    for (const asked of [name, numbered]) {
      const [found] = await client.getSecret({ name: asked });
      expect(found).toMatchObject({ name: numbered, replication: { automatic: {} } });
    }
    await expect(client.createSecret({ parent, secretId: "DATABASE_URL", secret })).rejects.toEqual(
      refused(alreadyExists, `Secret [${numbered}] already exists.`),
    );
    await expect(client.getSecret({ name: `${parent}/secrets/none` })).rejects.toEqual(
      refused(notFound, `Secret [projects/${projectNumber("demo")}/secrets/none] not found.`),
    );
  });

  test.each([
    ["an id with a slash's relative", { secretId: "..", secret }, invalidArgument],
    ["an id that is too long", { secretId: "x".repeat(256), secret }, invalidArgument],
    ["no replication", { secretId: "x", secret: {} }, invalidArgument],
    ["a wrong label", { secretId: "x", secret: { ...secret, labels: { Team: "x" } } }, invalidArgument],
    [
      "rotation",
      { secretId: "x", secret: { ...secret, rotation: { rotationPeriod: { seconds: 3600 } } } },
      unimplemented,
    ],
    ["an end", { secretId: "x", secret: { ...secret, ttl: { seconds: 3600 } } }, unimplemented],
  ] as const)("is refused with %s", async (_, request, code) => {
    const { client } = await start();
    await expect(client.createSecret({ parent, ...request })).rejects.toEqual(refused(code));
  });

  // https://cloud.google.com/secret-manager/docs/etags
  test("is changed in the fields that are named, and guarded by its etag", async () => {
    const { client, add } = await start();
    await add("one");
    const [before] = await client.getSecret({ name });
    const [after] = await client.updateSecret({
      secret: { name, labels: { team: "web" }, annotations: { note: "kept" }, versionAliases: { live: 1 } },
      updateMask: { paths: ["labels", "version_aliases"] },
    });
    expect(after).toMatchObject({ labels: { team: "web" }, annotations: {}, versionAliases: { live: "1" } });
    expect(after.etag).not.toBe(before.etag);
    const stale = { name, etag: before.etag ?? "", labels: {} };
    await expect(client.updateSecret({ secret: stale, updateMask: { paths: ["labels"] } })).rejects.toEqual(
      refused(failedPrecondition),
    );
    await expect(client.deleteSecret({ name, etag: before.etag ?? "" })).rejects.toEqual(refused(failedPrecondition));
    await expect(
      client.updateSecret({ secret: { name, replication: { automatic: {} } }, updateMask: { paths: ["replication"] } }),
    ).rejects.toEqual(refused(invalidArgument));
  });

  test("is listed with others, newest first, a page at a time, filtered", async () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    let seconds = 0;
    const { client } = await start({ now: () => new Date(now + 1000 * seconds++) });
    await client.createSecret({ parent, secretId: "B", secret: { ...secret, labels: { team: "web" } } });
    await client.createSecret({ parent, secretId: "A", secret });
    const ids = (secrets: readonly { readonly name?: string | null }[]) =>
      secrets.map((one) => one.name?.split("/").at(-1));
    const [first, next, answer] = await client.listSecrets({ parent, pageSize: 2 }, { autoPaginate: false });
    expect([ids(first), answer.totalSize]).toEqual([["A", "B"], 3]);
    const [second] = await client.listSecrets({ ...next }, { autoPaginate: false });
    expect(ids(second)).toEqual(["DATABASE_URL"]);
    expect(ids((await client.listSecrets({ parent, filter: "labels.team=web" }))[0])).toEqual(["B"]);
    expect(ids((await client.listSecrets({ parent, filter: "name:database" }))[0])).toEqual(["DATABASE_URL"]);
  });

  test("is removed with its versions and their payloads, and starts again at 1", async () => {
    const { client, add, dataDir, read } = await start();
    await add("one");
    await add("two");
    await client.deleteSecret({ name });
    expect(readdirSync(join(dataDir, "secrets"))).toEqual([]);
    await expect(read("1")).rejects.toEqual(refused(notFound));
    await client.createSecret({ parent, secretId: "DATABASE_URL", secret });
    expect(await add("new")).toBe(`${numbered}/versions/1`);
  });
});

describe("a version", () => {
  test("is added, and accessed by number, as latest and by alias", async () => {
    const { client, add, read } = await start();
    expect(await add("one")).toBe(`${numbered}/versions/1`);
    expect(await add("two")).toBe(`${numbered}/versions/2`);
    await client.updateSecret({
      secret: { name, versionAliases: { stable: 1 } },
      updateMask: { paths: ["versionAliases"] },
    });
    expect([await read("1"), await read("2"), await read("latest"), await read("stable")]).toEqual([
      ...["one", "two", "two", "one"],
    ]);
    await expect(read("3")).rejects.toEqual(refused(notFound, `Secret Version [${numbered}/versions/3] not found.`));
    await expect(client.disableSecretVersion({ name: `${name}/versions/stable` })).rejects.toEqual(refused(notFound));
  });

  test("of a secret that has none is not found", async () => {
    const { read } = await start();
    await expect(read("latest")).rejects.toEqual(refused(notFound, "not found or has no versions"));
  });

  // https://cloud.google.com/secret-manager/docs/data-integrity
  test("keeps any bytes, and carries their checksum", async () => {
    const { client } = await start();
    const data = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256));
    const dataCrc32c = crc32c(data);
    const [added] = await client.addSecretVersion({ parent: name, payload: { data, dataCrc32c } });
    expect(added.clientSpecifiedPayloadChecksum).toBe(true);
    const [{ payload }] = await client.accessSecretVersion({ name: `${name}/versions/latest` });
    expect(Buffer.from(payload?.data as Uint8Array).equals(data)).toBe(true);
    expect(Number(payload?.dataCrc32c)).toBe(dataCrc32c);
  });

  test.each([
    ["a wrong checksum", { data: Buffer.from("x"), dataCrc32c: 1 }],
    ["nothing in it", { data: Buffer.alloc(0) }],
    ["more than 64 KiB", { data: Buffer.alloc(65_537) }],
  ])("with %s is refused", async (_, payload) => {
    const { client } = await start();
    await expect(client.addSecretVersion({ parent: name, payload })).rejects.toEqual(refused(invalidArgument));
    expect((await client.listSecretVersions({ parent: name }))[0]).toEqual([]);
  });

  // https://cloud.google.com/secret-manager/docs/disable-secret-version and https://cloud.google.com/secret-manager/docs/destroy-secret-version
  test("that is disabled or destroyed cannot be accessed, also as latest; a destroyed one stays so", async () => {
    const { client, add, read, dataDir } = await start();
    await add("one");
    const version = `${name}/versions/1`;
    await client.disableSecretVersion({ name: version });
    const disabled = refused(failedPrecondition, `Secret Version [${numbered}/versions/1] is in DISABLED state.`);
    await expect(read("1")).rejects.toEqual(disabled);
    await expect(read("latest")).rejects.toEqual(disabled);
    await client.enableSecretVersion({ name: version });
    expect(await read("1")).toBe("one");
    const [destroyed] = await client.destroySecretVersion({ name: version });
    expect(destroyed).toMatchObject({ state: "DESTROYED", destroyTime: expect.anything() });
    expect(readdirSync(join(dataDir, "secrets"))).toEqual([]);
    const gone = refused(failedPrecondition, "is in DESTROYED state");
    await expect(read("1")).rejects.toEqual(gone);
    await expect(client.enableSecretVersion({ name: version })).rejects.toEqual(gone);
    await expect(client.destroySecretVersion({ name: version })).rejects.toEqual(gone);
    expect(await add("two")).toBe(`${numbered}/versions/2`);
  });

  // https://cloud.google.com/secret-manager/docs/etags
  test("changes its etag with every change, also one that changes nothing", async () => {
    const { client, add } = await start();
    await add("one");
    const version = `${name}/versions/1`;
    const [{ etag }] = await client.getSecretVersion({ name: version });
    const [again] = await client.enableSecretVersion({ name: version, etag: etag ?? "" });
    expect(again).toMatchObject({ state: "ENABLED" });
    await expect(client.disableSecretVersion({ name: version, etag: etag ?? "" })).rejects.toEqual(
      refused(failedPrecondition),
    );
  });

  test("is listed newest first, and by state", async () => {
    const { client, add } = await start();
    for (const text of ["one", "two", "three"]) await add(text);
    await client.disableSecretVersion({ name: `${name}/versions/2` });
    const numbers = async (request: object) =>
      (await client.listSecretVersions({ parent: name, ...request }))[0].map((one) => one.name?.split("/").at(-1));
    expect(await numbers({})).toEqual(["3", "2", "1"]);
    expect(await numbers({ pageSize: 1 })).toEqual(["3", "2", "1"]);
    expect(await numbers({ filter: "state=ENABLED" })).toEqual(["3", "1"]);
  });
});

test("payloads are files that only their owner can read, and in nothing else that is kept", async () => {
  const { add, dataDir, lines, stop } = await start();
  await add("a very secret text");
  const folder = join(dataDir, "secrets");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  await stop();
  for (const file of readdirSync(dataDir).filter((entry) => entry.startsWith("state.db"))) {
    expect(readFileSync(join(dataDir, file), "latin1")).not.toContain("a very secret text");
  }
  expect(lines.join("\n")).not.toContain("a very secret text");
});

test("everything is there again after a restart, and payloads that no version names are not", async () => {
  const dataDir = createFolder();
  const before = await start({ dataDir });
  await before.add("one");
  await before.stop();
  writeFileSync(join(dataDir, "secrets", "left-over"), "x");
  const client = connect(await startCloud({ dataDir }));
  const [{ payload }] = await client.accessSecretVersion({ name: `${name}/versions/1` });
  expect(Buffer.from(payload?.data as Uint8Array).toString()).toBe("one");
  expect(readdirSync(join(dataDir, "secrets"))).toHaveLength(1);
});

test("a policy is read, written under its etag, and removed with the secret", async () => {
  const { client } = await start();
  const [empty] = await client.getIamPolicy({ resource: name });
  const bindings = [{ role: "roles/secretmanager.secretAccessor", members: ["user:a@example.com"] }];
  const [written] = await client.setIamPolicy({ resource: numbered, policy: { etag: empty.etag ?? "", bindings } });
  expect(written.bindings).toMatchObject(bindings);
  await expect(
    client.setIamPolicy({ resource: name, policy: { etag: empty.etag ?? "", bindings: [] } }),
  ).rejects.toEqual(refused(aborted));
  await client.deleteSecret({ name });
  await client.createSecret({ parent, secretId: "DATABASE_URL", secret });
  expect((await client.getIamPolicy({ resource: name }))[0].bindings).toEqual([]);
});

test("regional secrets and managed rotation are refused by name", async () => {
  const { client } = await start();
  const regional = `${parent}/locations/asia-southeast1`;
  await expect(client.createSecret({ parent: regional, secretId: "x", secret })).rejects.toEqual(
    refused(unimplemented),
  );
  await expect(client.listSecrets({ parent: regional })).rejects.toEqual(refused(unimplemented));
  await expect(client.rotateSecret({ parent: name })).rejects.toThrow("SecretManagerService.RotateSecret");
});

// https://cloud.google.com/run/docs/configuring/services/secrets: the account that runs the revision needs the role
test("with --iam enforce a container gets a secret only where its own account may read it", async () => {
  let platform: Platform | undefined;
  const cloud = await startCloud({
    iam: "enforce",
    services: (context) => {
      platform = createPlatform(context, { logs: { read: () => [] } });
      return platform.services;
    },
  });
  const post = async (path: string, body: object): Promise<number> =>
    (await cloud.fetchJson(`/v1/${path}`, { method: "POST", body: JSON.stringify(body) })).status;
  const runtime = "runtime@demo.iam.gserviceaccount.com";
  const bindings = [{ role: "roles/secretmanager.secretAccessor", members: [`serviceAccount:${runtime}`] }];
  const access = () => platform?.secrets.access("demo", "DATABASE_URL", "1", runtime).payload.toString();
  expect([
    await post(`${parent}/serviceAccounts`, { accountId: "runtime" }),
    await post(`${parent}/secrets?secretId=DATABASE_URL`, secret),
    await post(`${name}:addVersion`, { payload: { data: Buffer.from("one").toString("base64") } }),
  ]).toEqual([200, 200, 200]);
  expect(access).toThrow(
    `Permission denied on secret: ${name}/versions/1 for Revision service account ${runtime}. The service account used must be granted`,
  );
  expect(await post(`${name}:setIamPolicy`, { policy: { bindings } })).toBe(200);
  expect(access()).toBe("one");
});

test("the runtime gets a version's number and payload, or the reason why not", async () => {
  let platform: Platform | undefined;
  const { client, add } = await start({
    services: (context) => {
      platform = createPlatform(context, { logs: { read: () => [] } });
      return platform.services;
    },
  });
  await add("one");
  const access = (version: string, project = "demo") => platform?.secrets.access(project, "DATABASE_URL", version);
  expect(access("latest")).toEqual({ version: "1", payload: Buffer.from("one") });
  expect(access("1", projectNumber("demo"))).toEqual({ version: "1", payload: Buffer.from("one") });
  expect(() => access("2")).toThrow(expect.objectContaining({ status: "NOT_FOUND" }));
  await client.disableSecretVersion({ name: `${name}/versions/1` });
  expect(() => access("1")).toThrow(expect.objectContaining({ status: "FAILED_PRECONDITION" }));
});
