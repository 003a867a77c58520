// Every fault, once and twice in a row, on every method that a sync uses: it ends with the bucket equal to the folder.
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ObjectStore } from "../src/google/object-store.ts";
import { crc32cOf } from "../src/google/object-store-wire.ts";
import { createFolder, replaceFiles, type SyncCloud, startSyncCloud, sync, textsOf } from "./sync-support.ts";

let cloud: SyncCloud;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  // Long enough for a machine that is busy with other tests: a stall that is none would be one fault too many.
  cloud = await startSyncCloud((cleanup) => cleanups.unshift(cleanup), 1500);
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

// Faults that were ordered past what a test needs are not the next one's.
afterEach(async () => {
  await fetch(`${cloud.url}/_local/faults`, { method: "DELETE" });
});

const faults = [
  { kind: "status", status: 503 },
  { kind: "status", status: 408 },
  { kind: "status", status: 429, retryAfterSeconds: 2 },
  { kind: "reset-before" },
  { kind: "reset-after" },
  { kind: "stall" },
  { kind: "break-request", afterBytes: 100 },
  { kind: "break-response", afterBytes: 20 },
] as const;

const before = { "a.txt": "one", "b.txt": "two", "gone.txt": "gone" };
const after = {
  "a.txt": "ONE, and a good deal more of it, so that there is something to cut off".repeat(9),
  "b.txt": "two",
};
const headers = [{ glob: "b.txt", cacheControl: "no-cache" }];

type Method = { readonly name: string; readonly match: object; readonly hasBody: boolean; readonly answers: boolean };
const methods: readonly Method[] = [
  { name: "list", match: { rpc: "storage.objects.list" }, hasBody: false, answers: true },
  { name: "insert", match: { rpc: "storage.objects.insert", method: "POST" }, hasBody: true, answers: true },
  { name: "patch", match: { rpc: "storage.objects.patch" }, hasBody: false, answers: true },
  { name: "delete", match: { rpc: "storage.objects.delete" }, hasBody: false, answers: false },
];

const cases = methods.flatMap((method) =>
  faults
    .filter(({ kind }) => (kind === "break-request" ? method.hasBody : kind !== "break-response" || method.answers))
    .flatMap((fault) => [1, 2].map((times) => ({ ...method, fault, times }))),
);
const nameOf = (fault: (typeof faults)[number]): string => ("status" in fault ? String(fault.status) : fault.kind);

let buckets = 0;
async function newStore(): Promise<ObjectStore> {
  buckets += 1;
  await cloud.createBucket(`faulty-${buckets}`);
  return cloud.store(`faulty-${buckets}`);
}

describe.each(cases.map((one) => ({ ...one, title: `${nameOf(one.fault)} × ${one.times} on ${one.name}` })))(
  "$title",
  ({ match, fault, times }) => {
    test("is survived", async () => {
      const store = await newStore();
      const folder = await createFolder(before);
      await sync(store, folder);
      await replaceFiles(folder, after);
      const waited = cloud.waits.length;
      const consumed = await cloud.orderFault({ match, fault, times });
      await sync(store, folder, { delete: true, headers });
      expect(await consumed()).toBe(times);
      if ("retryAfterSeconds" in fault) expect(Math.max(...cloud.waits.slice(waited))).toBeGreaterThanOrEqual(2000);
      expect(textsOf(await cloud.served(store.bucket))).toEqual(after);
      expect((await cloud.served(store.bucket))["b.txt"]?.cacheControl).toBe("no-cache");
      expect((await sync(store, folder, { delete: true, headers })).noop).toBe(true);
    });
  },
);

describe("an upload in pieces", () => {
  const pieces = [
    { kind: "status", status: 503 },
    { kind: "reset-before" },
    { kind: "reset-after" },
    { kind: "stall" },
    { kind: "break-request", afterBytes: 3 * 2 ** 20 },
  ] as const;
  const content = randomBytes(17 * 2 ** 20);

  test.each(
    pieces.flatMap((fault) =>
      [1, 2].flatMap((times) => [0, 1, 2].map((skip) => ({ fault, times, skip, kind: fault.kind }))),
    ),
  )("goes on after $kind × $times at piece $skip", async ({ fault, times, skip }) => {
    const store = await newStore();
    const folder = await createFolder({ "film.mp4": content });
    const consumed = await cloud.orderFault({ match: { method: "PUT", path: "/upload/*" }, fault, times, skip });
    await sync(store, folder);
    expect(await consumed()).toBe(times);
    expect((await store.head("film.mp4"))?.crc32c).toBe(crc32cOf(content));
    expect((await sync(store, folder)).noop).toBe(true);
  });

  test("sends what arrived only once", async () => {
    const store = await newStore();
    const folder = await createFolder({ "film.mp4": content });
    const consumed = await cloud.orderFault({
      match: { method: "PUT", path: "/upload/*" },
      fault: { kind: "reset-after" },
      times: 1,
    });
    const { requests } = await cloud.counters();
    await sync(store, folder);
    expect(await consumed()).toBe(1);
    // A listing, a session, three pieces, and one question how far it came.
    expect((await cloud.counters()).requests - requests).toBe(6);
  });

  test("starts over when the server has forgotten its session", async () => {
    const store = await newStore();
    const folder = await createFolder({ "film.mp4": content });
    const fault = { kind: "status", status: 410 };
    const consumed = await cloud.orderFault({ match: { method: "PUT", path: "/upload/*" }, fault, times: 1, skip: 1 });
    await sync(store, folder);
    expect(await consumed()).toBe(1);
    expect((await store.head("film.mp4"))?.crc32c).toBe(crc32cOf(content));
  });
});

describe("copies and reads", () => {
  test.each(
    faults
      .filter(({ kind }) => kind !== "break-request")
      .flatMap((fault) => [1, 2].map((times) => ({ fault, times, title: `${nameOf(fault)} × ${times}` }))),
  )("survive $title", async ({ fault, times }) => {
    const store = await newStore();
    await sync(store, await createFolder(after));
    const source = await store.head("a.txt");
    if (!source) throw new Error("nothing there");
    const copied = await cloud.orderFault({ match: { rpc: "storage.objects.rewrite" }, fault, times });
    const outcome = await store.copy({
      from: { bucket: store.bucket, name: "a.txt", generation: source.generation },
      name: "copy of/a.txt",
      headers: { contentType: "text/x-copy" },
      crc32c: source.crc32c,
      ifGenerationMatch: "0",
    });
    expect([outcome.written, await copied()]).toEqual([true, times]);
    const read = await cloud.orderFault({ match: { rpc: "storage.objects.get" }, fault, times });
    const found = await store.get("copy of/a.txt");
    expect([Buffer.from(found?.bytes ?? "").toString(), await read()]).toEqual([after["a.txt"], times]);
    expect(await store.head("copy of/a.txt")).toMatchObject({ contentType: "text/x-copy" });
  });
});

describe("what no repetition can help", () => {
  test.each([
    { status: 400, code: "invalid-request", times: 1 },
    { status: 403, code: "permission-denied", times: 1 },
    // Refused once, a token is renewed; refused again, the caller is.
    { status: 401, code: "credentials-missing", times: 2 },
  ])("$status fails at once", async ({ status, code, times }) => {
    const store = await newStore();
    const folder = await createFolder({ "a.txt": "one" });
    const fault = { kind: "status", status };
    const consumed = await cloud.orderFault({ match: { rpc: "storage.objects.insert" }, fault, times: 5 });
    await expect(sync(store, folder)).rejects.toMatchObject({ code });
    expect(await consumed()).toBe(times);
  });

  test("a bucket that is another's is refused before anything is written", async () => {
    const store = await newStore();
    const fault = { kind: "status", status: 403, message: "caller does not have storage.objects.list access" };
    await cloud.orderFault({ match: { rpc: "storage.objects.list" }, fault, times: 1 });
    const before = await cloud.counters();
    await expect(sync(store, await createFolder({ "a.txt": "one" }))).rejects.toMatchObject({
      code: "permission-denied",
      subject: `bucket "${store.bucket}"`,
      hint: expect.stringContaining("storage.objects.list"),
    });
    expect((await cloud.counters()).writes.total).toBe(before.writes.total);
  });

  test("credentials that expire halfway leave what was done, and the next run goes on from there", async () => {
    const store = await newStore();
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}.txt`, `${index}`]));
    const folder = await createFolder(files);
    const fault = { kind: "status", status: 401 };
    const consumed = await cloud.orderFault({ match: { rpc: "storage.objects.insert" }, fault, times: 2, skip: 4 });
    const limits = { concurrency: 1 };
    await expect(sync(store, folder, { limits })).rejects.toMatchObject({ code: "credentials-missing" });
    expect(await consumed()).toBe(2);
    expect(Object.keys(await cloud.served(store.bucket))).toHaveLength(4);
    expect((await sync(store, folder)).totals).toMatchObject({ keep: 4, create: 6 });
    expect(textsOf(await cloud.served(store.bucket))).toEqual(files);
  });

  test("a write that never lands is given up, and says so", async () => {
    const store = await newStore();
    const fault = { kind: "status", status: 503 };
    const consumed = await cloud.orderFault({
      match: { path: `*/${store.bucket}/o*`, method: "POST" },
      fault,
      times: null,
    });
    await expect(sync(store, await createFolder({ "a.txt": "one" }))).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
    });
    expect(await consumed()).toBeGreaterThan(3);
  });
});
