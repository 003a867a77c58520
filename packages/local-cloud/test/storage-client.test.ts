import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Storage } from "@google-cloud/storage";
import { expect, test } from "vitest";
import { createFolder } from "./support/start-cloud.ts";
import { startStorage } from "./support/start-storage.ts";

/** The official client against a cloud with one bucket. */
const startClient = async () => {
  const cloud = await startStorage();
  const storage = new Storage({ apiEndpoint: cloud.url, projectId: "p" });
  const [bucket] = await storage.createBucket("files", { location: "asia-southeast1" });
  return { cloud, storage, bucket };
};

test("creates, shows, changes, lists and deletes buckets", async () => {
  const { storage, bucket } = await startClient();
  expect(bucket.metadata).toMatchObject({ name: "files", location: "ASIA-SOUTHEAST1", locationType: "region" });
  await bucket.setMetadata({ website: { mainPageSuffix: "index.html", notFoundPage: "404.html" }, labels: { a: "b" } });
  await bucket.setCorsConfiguration([{ origin: ["*"], method: ["GET"], maxAgeSeconds: 60 }]);
  const [metadata] = await bucket.getMetadata();
  expect(metadata).toMatchObject({
    website: { mainPageSuffix: "index.html", notFoundPage: "404.html" },
    labels: { a: "b" },
    cors: [{ origin: ["*"], method: ["GET"], maxAgeSeconds: 60 }],
    metageneration: "3",
  });
  await storage.createBucket("other");
  const [buckets] = await storage.getBuckets();
  expect(buckets.map(({ name }) => name)).toEqual(["files", "other"]);
  await bucket.file("x").save("x");
  await expect(bucket.delete()).rejects.toMatchObject({ code: 409 });
  await bucket.file("x").delete();
  await bucket.delete();
  expect(await bucket.exists()).toEqual([false]);
  await expect(storage.createBucket("other")).rejects.toMatchObject({ code: 409 });
});

test("uploads in each way, and downloads what was uploaded", async () => {
  const { bucket } = await startClient();
  const large = randomBytes(3_000_000);
  const file = join(createFolder(), "large.bin");
  writeFileSync(file, large);
  await bucket.file("simple/ä b?.txt").save("text", { resumable: false, contentType: "text/plain" });
  await bucket.file("resumable").save(large, { resumable: true, validation: "crc32c" });
  await bucket.file("chunked").save(large, { resumable: true, chunkSize: 512 * 1024 });
  await bucket.upload(file, { destination: "uploaded", metadata: { cacheControl: "no-cache", metadata: { a: "b" } } });
  for (const name of ["resumable", "chunked", "uploaded"]) {
    const [content] = await bucket.file(name).download();
    expect(content.equals(large), name).toBe(true);
  }
  expect(String((await bucket.file("simple/ä b?.txt").download())[0])).toBe("text");
  const [metadata] = await bucket.file("uploaded").getMetadata();
  expect(metadata).toMatchObject({ cacheControl: "no-cache", metadata: { a: "b" }, size: String(large.length) });
});

test("reads a part, and streams", async () => {
  const { bucket } = await startClient();
  await bucket.file("x").save("0123456789", { resumable: false });
  const [part] = await bucket.file("x").download({ start: 2, end: 4 });
  expect(String(part)).toBe("234");
  let text = "";
  for await (const chunk of bucket.file("x").createReadStream()) text += String(chunk);
  expect(text).toBe("0123456789");
});

test("keeps gzip as it was sent, and gives it back unpacked", async () => {
  const { bucket } = await startClient();
  await bucket.file("x").save("hello ".repeat(100), { gzip: true, resumable: false, contentType: "text/plain" });
  const [metadata] = await bucket.file("x").getMetadata();
  expect(metadata).toMatchObject({ contentEncoding: "gzip" });
  expect(Number(metadata.size)).toBeLessThan(100);
  expect(String((await bucket.file("x").download())[0])).toBe("hello ".repeat(100));
  const [raw] = await bucket.file("x").download({ decompress: false });
  expect(raw.equals(gzipSync("hello ".repeat(100)))).toBe(true);
});

test("lists with prefix, delimiter and pages", async () => {
  const { bucket } = await startClient();
  for (const name of ["a", "dir/x", "dir/y", "dir2/z", "é"]) await bucket.file(name).save(name, { resumable: false });
  const [files, , response] = await bucket.getFiles({ delimiter: "/", autoPaginate: false });
  expect(files.map(({ name }) => name)).toEqual(["a", "é"]);
  expect(response).toMatchObject({ prefixes: ["dir/", "dir2/"] });
  const [all] = await bucket.getFiles({ maxResults: 2, autoPaginate: true });
  expect(all.map(({ name }) => name)).toEqual(["a", "dir/x"]);
  const [within] = await bucket.getFiles({ prefix: "dir/" });
  expect(within.map(({ name }) => name)).toEqual(["dir/x", "dir/y"]);
});

test("changes metadata, copies, moves, combines", async () => {
  const { bucket } = await startClient();
  const one = bucket.file("one");
  await one.save("1", { resumable: false, metadata: { contentType: "text/plain", metadata: { a: "1", b: "2" } } });
  await one.setMetadata({ cacheControl: "no-cache", metadata: { a: null, c: "3" } });
  const [metadata] = await one.getMetadata();
  expect(metadata).toMatchObject({ cacheControl: "no-cache", metadata: { b: "2", c: "3" }, metageneration: "2" });
  await one.copy(bucket.file("two"));
  expect((await bucket.file("two").getMetadata())[0]).toMatchObject({
    contentType: "text/plain",
    metadata: { b: "2" },
  });
  await bucket.file("two").move("three");
  expect(await bucket.file("two").exists()).toEqual([false]);
  const [combined] = await bucket.combine(["one", "three"], "combined");
  expect(String((await combined.download())[0])).toBe("11");
  const [composite] = await combined.getMetadata();
  expect(composite).toMatchObject({ componentCount: 2 });
  expect(composite.md5Hash).toBeUndefined();
});

test("honours generation preconditions", async () => {
  const { bucket } = await startClient();
  const file = bucket.file("lock");
  await file.save("1", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const again = file.save("2", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  await expect(again).rejects.toMatchObject({ code: 412 });
  const generation = Number((await file.getMetadata())[0].generation);
  await expect(file.delete({ ifGenerationMatch: generation + 1 })).rejects.toMatchObject({ code: 412 });
  await file.delete({ ifGenerationMatch: generation });
  await expect(file.getMetadata()).rejects.toMatchObject({ code: 404 });
});

test("keeps versions, and brings soft-deleted objects back", async () => {
  const { bucket } = await startClient();
  const file = bucket.file("x");
  await file.save("1", { resumable: false });
  const first = Number((await file.getMetadata())[0].generation);
  await file.delete();
  const [deleted] = await bucket.getFiles({ softDeleted: true });
  expect(deleted.map(({ metadata }) => Number(metadata.generation))).toEqual([first]);
  await file.restore({ generation: first });
  expect(String((await file.download())[0])).toBe("1");

  await bucket.setMetadata({ versioning: { enabled: true } });
  await file.save("2", { resumable: false });
  const [versions] = await bucket.getFiles({ versions: true });
  expect(versions).toHaveLength(2);
  const older = bucket.file("x", { generation: versions[0]?.metadata.generation as number });
  expect(String((await older.download())[0])).toBe("1");
});

test("reads and changes a bucket's policy", async () => {
  const { bucket } = await startClient();
  const [policy] = await bucket.iam.getPolicy();
  policy.bindings.push({ role: "roles/storage.objectViewer", members: ["allUsers"] });
  await bucket.iam.setPolicy(policy);
  expect((await bucket.iam.getPolicy())[0].bindings).toContainEqual({
    role: "roles/storage.objectViewer",
    members: ["allUsers"],
  });
  await expect(bucket.iam.setPolicy(policy)).rejects.toMatchObject({ code: 412 });
  expect((await bucket.iam.testPermissions(["storage.objects.get"]))[0]).toEqual({ "storage.objects.get": true });
});

test.for([
  { kind: "status", status: 503 },
  { kind: "status", status: 429, retryAfterSeconds: 0 },
  { kind: "reset-before" },
  { kind: "reset-after" },
  { kind: "break-request", afterBytes: 600_000 },
])("a resumable upload survives $kind $status", async (fault) => {
  const { cloud } = await startClient();
  const storage = new Storage({
    ...{ apiEndpoint: cloud.url, projectId: "p" },
    retryOptions: { autoRetry: true, retryDelayMultiplier: 1, maxRetryDelay: 1, maxRetries: 5 },
  });
  const content = randomBytes(2_000_000);
  const consumed = await cloud.orderFault({ match: { rpc: "storage.objects.insert", method: "PUT" }, fault });
  const file = storage.bucket("files").file("x");
  await file.save(content, { resumable: true, chunkSize: 1024 * 1024, preconditionOpts: { ifGenerationMatch: 0 } });
  expect((await file.download())[0].equals(content)).toBe(true);
  expect(await consumed()).toBe(1);
});

test("serves clients that look for it where an emulator's variable sends them", async () => {
  const { cloud, bucket } = await startClient();
  await bucket.file("a/b").save("x", { resumable: false });
  expect(await cloud.call("GET", "/b?project=p")).toMatchObject({ json: { items: [{ name: "files" }] } });
  expect(await cloud.call("GET", "/b/files/o/a%2Fb")).toMatchObject({ json: { name: "a/b" } });
});
