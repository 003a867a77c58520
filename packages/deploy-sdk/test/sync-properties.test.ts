// What holds for every folder, every state of the bucket and every fault. SYNC_RUNS sets how many are tried.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ObjectStore } from "../src/google/object-store.ts";
import type { Compression } from "../src/sync/compression.ts";
import { contentTypeOf } from "../src/sync/content-type.ts";
import type { SyncBucketOptions } from "../src/sync/sync-bucket.ts";
import { randomFaults } from "./support/random-faults.ts";
import { createFolder, type SyncCloud, startSyncCloud, sync } from "./sync-support.ts";

const numRuns = Number(process.env["SYNC_RUNS"] ?? 40);
const timeout = 60_000 + numRuns * 1000;

let cloud: SyncCloud;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  cloud = await startSyncCloud((cleanup) => cleanups.unshift(cleanup));
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const segment = fc.constantFrom(
  "a",
  "b",
  "index.html",
  "app.js",
  "x y",
  "#?",
  "я",
  "😀",
  "\uffee",
  "sw.js",
  "assets",
  "i-Ab12Cd34.js",
);
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
/** Long and dull enough to be compressed, or short, or empty. */
const content = fc.oneof(
  fc.constantFrom("", "x", "y", "longer ".repeat(300), "LONGER ".repeat(300)),
  fc.string({ maxLength: 2000 }),
);
const entries = fc.uniqueArray(fc.tuple(path, content), { selector: ([name]) => name, maxLength: 12 });
/** A file system has no file where it has a folder; a bucket does. */
const tree = entries.map((list) =>
  Object.fromEntries(list.filter(([name]) => !list.some(([other]) => other.startsWith(`${name}/`)))),
);
const headers = fc.record({
  contentType: fc.constantFrom("text/html", "text/javascript; charset=utf-8", "text/plain"),
  cacheControl: fc.constantFrom("", "no-cache", "max-age=60"),
  contentEncoding: fc.constantFrom("", "", "", "gzip"),
});
const remote = fc.uniqueArray(fc.tuple(path, content, headers), { selector: ([name]) => name, maxLength: 12 });
const options = fc.record({
  delete: fc.boolean(),
  compression: fc.constantFrom<Compression>("none", "gzip", "br"),
  headers: fc.constantFrom(
    [],
    [{ glob: "**", cacheControl: "no-cache" }],
    [{ glob: "*.js", cacheControl: "max-age=9" }],
  ),
});
let buckets = 0;
async function bucketWith(objects: readonly (readonly [string, string, object])[]): Promise<ObjectStore> {
  buckets += 1;
  await cloud.createBucket(`random-${buckets}`);
  const store = cloud.store(`random-${buckets}`);
  for (const [name, text, given] of objects)
    await store.put({ name, content: Buffer.from(text), headers: given, ifGenerationMatch: "0" });
  return store;
}

async function expectEqual(store: ObjectStore, files: Readonly<Record<string, string>>, others: readonly string[]) {
  const objects = await store.list();
  expect(objects.map(({ name }) => name)).toEqual(expect.arrayContaining([...Object.keys(files), ...others]));
  expect(objects).toHaveLength(new Set([...Object.keys(files), ...others]).size);
  for (const object of objects) {
    const text = files[object.name];
    if (text === undefined) continue;
    const found = await store.get(object.name);
    expect(decoded(found?.bytes ?? Buffer.of(), object.contentEncoding)).toBe(text);
    expect(object.contentType).toBe(contentTypeOf(object.name));
  }
}

function decoded(bytes: Uint8Array, encoding: string | undefined): string {
  const plain = encoding === "gzip" ? gunzipSync(bytes) : encoding === "br" ? brotliDecompressSync(bytes) : bytes;
  return Buffer.from(plain).toString();
}

const always: Partial<SyncBucketOptions> = { force: true };

test(
  "after a sync the bucket serves the folder, whatever was there and whatever went wrong; a second run plans nothing",
  async () => {
    await fc.assert(
      fc.asyncProperty(tree, remote, options, randomFaults, async (files, objects, given, faults) => {
        const store = await bucketWith(objects);
        const cleanup: (() => Promise<void>)[] = [];
        const folder = await createFolder(files, (step) => cleanup.push(step));
        await cloud.under(faults, () => sync(store, folder, { ...always, ...given }));
        const others = given.delete ? [] : objects.map(([name]) => name);
        await expectEqual(store, files, others);
        expect((await sync(store, folder, { ...always, ...given })).actions).toEqual([]);
        await cleanup[0]?.();
      }),
      { numRuns },
    );
    expect(cloud.struck()).toBeGreaterThan(numRuns / 20);
  },
  timeout,
);

test(
  "interrupted anywhere and run again it converges",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        remote,
        options,
        fc.nat(12),
        fc.boolean(),
        async (files, objects, given, after, applied) => {
          const store = await bucketWith(objects);
          const cleanup: (() => Promise<void>)[] = [];
          const folder = await createFolder(files, (step) => cleanup.push(step));
          const controller = new AbortController();
          const stopping = interruptAfter(store, after, applied, controller);
          await sync(stopping, folder, { ...always, ...given, signal: controller.signal }).catch((error: unknown) => {
            if (!controller.signal.aborted) throw error;
          });
          await sync(store, folder, { ...always, ...given });
          await expectEqual(store, files, given.delete ? [] : objects.map(([name]) => name));
          expect((await sync(store, folder, { ...always, ...given })).actions).toEqual([]);
          await cleanup[0]?.();
        },
      ),
      { numRuns },
    );
  },
  timeout,
);

/** Aborts at the write number `after`: before it is sent, or when it has been `applied`. */
function interruptAfter(store: ObjectStore, after: number, applied: boolean, controller: AbortController): ObjectStore {
  let writes = 0;
  const at = async <Result>(write: () => Promise<Result>): Promise<Result> => {
    const last = writes === after;
    writes += 1;
    if (last && !applied) controller.abort(new Error("interrupted"));
    const result = await write();
    if (last) controller.abort(new Error("interrupted"));
    return result;
  };
  return {
    ...store,
    put: (request) => at(() => store.put(request)),
    patch: (request) => at(() => store.patch(request)),
    delete: (request) => at(() => store.delete(request)),
  };
}
