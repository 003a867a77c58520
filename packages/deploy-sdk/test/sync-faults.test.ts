// Every fault, once and twice in a row, on every method that a sync or a site uses: it ends with the bucket equal to the
// folder. What no repetition can help fails at once, on every method too.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ObjectStore, PutRequest } from "../src/google/object-store.ts";
import { crc32cOf } from "../src/google/object-store-wire.ts";
import type { SyncBucketOptions } from "../src/sync/sync-bucket.ts";
import { createFolder, replaceFiles, type SyncCloud, startSyncCloud, sync, textsOf } from "./sync-support.ts";

// Stalls are waited for side by side; each case has a bucket and a caller of its own. Not all at once: forty large uploads
// on a busy machine would stall by themselves.
vi.setConfig({ maxConcurrency: 16 });

let cloud: SyncCloud;
let film: string;
let small: string;
const cleanups: (() => Promise<void>)[] = [];
const onEnd = (cleanup: () => Promise<void>): void => void cleanups.unshift(cleanup);
beforeAll(async () => {
  // Long enough for a machine that is busy with other tests: a stall that is none would be one fault too many.
  cloud = await startSyncCloud(onEnd, 3000);
  film = await createFolder({ "film.mp4": filmContent }, onEnd);
  small = await createFolder({ "a.txt": "one" }, onEnd);
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const faults = [
  { kind: "status", status: 503 },
  { kind: "status", status: 408 },
  { kind: "status", status: 429, retryAfterSeconds: 2 },
  { kind: "reset-before" },
  { kind: "reset-after" },
  { kind: "stall" },
  { kind: "break-request", afterBytes: 10 },
  { kind: "break-response", afterBytes: 1 },
] as const;
type Fault = (typeof faults)[number];
type PieceFault = Fault | { readonly kind: "break-request"; readonly afterBytes: number };
const nameOf = (fault: PieceFault): string => ("status" in fault ? String(fault.status) : fault.kind);

type Case = { readonly store: ObjectStore; readonly waits: readonly number[]; readonly principal: string };
let opened = 0;
async function openCase(): Promise<Case> {
  opened += 1;
  const bucket = `faulty-${opened}`;
  await cloud.createBucket(bucket);
  const principal = `${bucket}@localhost`;
  return { ...cloud.storeOf(bucket, principal), principal };
}

const before = { "a.txt": "one", "b.txt": "two", "gone.txt": "gone" };
const after = { "a.txt": "ONE, and a good deal more of it".repeat(9), "b.txt": "two" };
const wanted: Partial<SyncBucketOptions> = { delete: true, headers: [{ glob: "b.txt", cacheControl: "no-cache" }] };

/** Something that calls the method once, and what must come of it. */
type Method = {
  readonly match: object;
  readonly hasBody?: boolean;
  readonly answers?: boolean;
  readonly prepare: (store: ObjectStore) => Promise<() => Promise<void>>;
};

/** A bucket that is behind its folder: bringing it up makes a call of each kind. */
async function prepareSync(store: ObjectStore): Promise<() => Promise<void>> {
  const folder = await createFolder(before, onEnd);
  await sync(store, folder);
  await replaceFiles(folder, after);
  return async () => {
    await sync(store, folder, wanted);
    const served = await cloud.served(store.bucket);
    expect([textsOf(served), served["b.txt"]?.cacheControl]).toEqual([after, "no-cache"]);
    expect((await sync(cloud.store(store.bucket), folder, wanted)).noop).toBe(true);
  };
}

async function prepareCopy(store: ObjectStore): Promise<() => Promise<void>> {
  await sync(store, small);
  const source = await store.head("a.txt");
  if (!source) throw new Error("nothing there");
  const { generation, crc32c } = source;
  return async () => {
    const from = { bucket: store.bucket, name: "a.txt", generation };
    const headers = { contentType: "text/x-copy" };
    const outcome = await store.copy({ from, name: "copy of/a.txt", headers, crc32c, ifGenerationMatch: "0" });
    expect(outcome.written).toBe(true);
    expect(await store.head("copy of/a.txt")).toMatchObject({ crc32c, contentType: "text/x-copy" });
  };
}

async function prepareRead(store: ObjectStore): Promise<() => Promise<void>> {
  await sync(store, small);
  return async () => expect(Buffer.from((await store.get("a.txt"))?.bytes ?? "").toString()).toBe("one");
}

async function prepareHead(store: ObjectStore): Promise<() => Promise<void>> {
  await sync(store, small);
  return async () => expect(await store.head("a.txt")).toMatchObject({ crc32c: crc32cOf(Buffer.from("one")) });
}

const filmContent = randomBytes(17 * 2 ** 20);
const prepareFilm = async (store: ObjectStore) => async (): Promise<void> => {
  await sync(store, film);
  expect((await store.head("film.mp4"))?.crc32c).toBe(crc32cOf(filmContent));
  expect((await sync(cloud.store(store.bucket), film)).noop).toBe(true);
};

const methods: Readonly<Record<string, Method>> = {
  list: { match: { rpc: "storage.objects.list" }, prepare: prepareSync },
  insert: { match: { rpc: "storage.objects.insert" }, hasBody: true, prepare: prepareSync },
  patch: { match: { rpc: "storage.objects.patch" }, hasBody: true, prepare: prepareSync },
  delete: { match: { rpc: "storage.objects.delete" }, answers: false, prepare: prepareSync },
  rewrite: { match: { rpc: "storage.objects.rewrite" }, hasBody: true, prepare: prepareCopy },
  "get of a content": { match: { rpc: "storage.objects.get" }, prepare: prepareRead },
  "get of headers": { match: { rpc: "storage.objects.get" }, prepare: prepareHead },
  // Its answer is a header, and has no body.
  "session of a large upload": {
    match: { method: "POST", path: "/upload/*" },
    hasBody: true,
    answers: false,
    prepare: prepareFilm,
  },
};

async function survives({ match, prepare }: Pick<Method, "match" | "prepare">, fault: object, times: number, skip = 0) {
  const { store, waits, principal } = await openCase();
  const perform = await prepare(store);
  const consumed = await cloud.orderFault({ match: { ...match, principal }, fault, times, skip });
  await perform();
  expect(await consumed()).toBe(times);
  return waits;
}

const titled = <One extends { readonly fault: PieceFault; readonly times: number }>(one: One) => ({
  ...one,
  title: `${nameOf(one.fault)} × ${one.times}`,
});

describe.concurrent.each(Object.entries(methods))("%s", (_name, method) => {
  const { hasBody = false, answers = true } = method;
  const possible = faults.filter(({ kind }) =>
    kind === "break-request" ? hasBody : kind !== "break-response" || answers,
  );
  test.each(possible.flatMap((fault) => [1, 2].map((times) => titled({ fault, times }))))(
    "survives $title",
    async ({ fault, times }) => {
      const waits = await survives(method, fault, times);
      if ("retryAfterSeconds" in fault) expect(Math.max(...waits)).toBeGreaterThanOrEqual(2000);
    },
  );

  test.each([
    { status: 400, code: "invalid-request", times: 1 },
    { status: 403, code: "permission-denied", times: 1 },
    // Refused once, a token is renewed; refused again, the caller is.
    { status: 401, code: "credentials-missing", times: 2 },
  ])("fails at once for $status", async ({ status, code, times }) => {
    const { store, principal } = await openCase();
    const perform = await method.prepare(store);
    const match = { ...method.match, principal };
    const consumed = await cloud.orderFault({ match, fault: { kind: "status", status }, times: 5 });
    await expect(perform()).rejects.toMatchObject({ code, retryable: false });
    expect(await consumed()).toBe(times);
  });
});

describe.concurrent("a piece of a large upload", () => {
  const piece = { match: { method: "PUT", path: "/upload/*" }, prepare: prepareFilm };
  const [first, middle, last] = [0, 1, 2];
  const cases = faults.flatMap((fault): readonly { readonly fault: PieceFault; readonly skip: number }[] => {
    // In the middle of the piece; and only the last one has an answer that could break.
    if (fault.kind === "break-request")
      return [first, middle].map((skip) => ({ fault: { ...fault, afterBytes: 3e6 }, skip }));
    if (fault.kind === "break-response") return [{ fault, skip: last }];
    return (fault.kind === "reset-after" ? [first, middle, last] : [middle]).map((skip) => ({ fault, skip }));
  });

  test.each(cases.flatMap((one) => [1, 2].map((times) => titled({ ...one, times }))))(
    "goes on after $title at piece $skip",
    async ({ fault, times, skip }) => void (await survives(piece, fault, times, skip)),
  );

  test("sends what arrived only once", async () => {
    const { store, principal } = await openCase();
    let sent = 0;
    const throttle = async (bytes: number): Promise<void> => {
      sent += bytes;
    };
    const counted = { ...store, put: (request: PutRequest) => store.put({ ...request, throttle }) };
    const fault = { kind: "reset-after" };
    const consumed = await cloud.orderFault({ match: { ...piece.match, principal }, fault, times: 1 });
    await sync(counted, film);
    expect([await consumed(), sent]).toEqual([1, filmContent.byteLength]);
  });

  test("starts over when the server has forgotten its session", async () => {
    await survives(piece, { kind: "status", status: 410 }, 1, middle);
  });
});

describe("what no repetition can help", () => {
  test("a bucket that is another's is refused before anything is written", async () => {
    const { store, principal } = await openCase();
    const fault = { kind: "status", status: 403, message: "caller does not have storage.objects.list access" };
    await cloud.orderFault({ match: { rpc: "storage.objects.list", principal }, fault, times: 1 });
    const { writes } = await cloud.counters();
    await expect(sync(store, small)).rejects.toMatchObject({
      code: "permission-denied",
      subject: `bucket "${store.bucket}"`,
      hint: expect.stringContaining("storage.objects.list"),
    });
    expect((await cloud.counters()).writes.total).toBe(writes.total);
  });

  test("credentials that expire halfway leave what was done, and the next run goes on from there", async () => {
    const { store, principal } = await openCase();
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}.txt`, `${index}`]));
    const folder = await createFolder(files);
    const fault = { kind: "status", status: 401 };
    const match = { rpc: "storage.objects.insert", principal };
    const consumed = await cloud.orderFault({ match, fault, times: 2, skip: 4 });
    const limits = { concurrency: 1 };
    await expect(sync(store, folder, { limits })).rejects.toMatchObject({ code: "credentials-missing" });
    expect(await consumed()).toBe(2);
    expect(Object.keys(await cloud.served(store.bucket))).toHaveLength(4);
    expect((await sync(store, folder)).totals).toMatchObject({ keep: 4, create: 6 });
    expect(textsOf(await cloud.served(store.bucket))).toEqual(files);
  });

  test("a write that never lands is given up, and says so", async () => {
    const { store, principal } = await openCase();
    const match = { principal, method: "POST" };
    const consumed = await cloud.orderFault({ match, fault: { kind: "status", status: 503 }, times: null });
    await expect(sync(store, small)).rejects.toMatchObject({ code: "unavailable", retryable: true });
    expect(await consumed()).toBeGreaterThan(3);
  });
});
