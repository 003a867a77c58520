// Folders, buckets and what they hold, for tests of syncing against a real local cloud.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { createTransport } from "../src/google/create-transport.ts";
import { loopbackCredentials } from "../src/google/credentials.ts";
import type { ObjectInfo, ObjectStore } from "../src/google/object-store.ts";
import { createObjectStore } from "../src/google/object-store-create.ts";
import { type SyncBucketOptions, syncBucket } from "../src/sync/sync-bucket.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { testEnvironment } from "./support/environment.ts";
import { testRuntime } from "./support/runtime.ts";

export type OnEnd = (cleanup: () => Promise<void>) => void;
export type Files = Readonly<Record<string, string | Uint8Array>>;

export type SyncCloud = TestCloud & {
  readonly store: (bucket: string) => ObjectStore;
  /** The same for a caller of its own, whom faults can be meant for, and with the waits of its retries. */
  readonly storeOf: (
    bucket: string,
    principal: string,
  ) => { readonly store: ObjectStore; readonly waits: readonly number[] };
  readonly createBucket: (bucket: string) => Promise<void>;
  /** What a reader gets: contents by name, decompressed, with the headers that count. */
  readonly served: (bucket: string) => Promise<Readonly<Record<string, Served>>>;
};

export type Served = { readonly text: string } & Pick<ObjectInfo, "contentType" | "cacheControl" | "contentEncoding">;

/** Retries wait for nothing. `stallMs` of silence is a stall. */
export async function startSyncCloud(onEnd: OnEnd = onTestFinished, stallMs = 20_000): Promise<SyncCloud> {
  const cloud = await startCloud(onEnd);
  const environment = testEnvironment(cloud.url);
  const { signal } = new AbortController();
  const connect = (credentials = loopbackCredentials()) => {
    const runtime = testRuntime();
    const transport = createTransport({ environment, signal, runtime, stallMs, credentials });
    onEnd(() => transport.close());
    return { transport, waits: runtime.waits };
  };
  const { transport } = connect();
  const store: SyncCloud["store"] = (bucket) => createObjectStore(transport, bucket);
  return {
    ...cloud,
    store,
    storeOf: (bucket, principal) => {
      const own = connect(loopbackCredentials(principal));
      return { store: createObjectStore(own.transport, bucket), waits: own.waits };
    },
    createBucket: async (name) => {
      const response = await fetch(`${cloud.url}/storage/v1/b?project=demo-local`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer email:owner@example.com" },
        body: JSON.stringify({ name }),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    served: async (bucket) => {
      const objects = await store(bucket).list();
      const entries = await Promise.all(
        objects.map(async ({ name, contentType, cacheControl, contentEncoding }): Promise<[string, Served]> => {
          const read = await store(bucket).get(name);
          const bytes = contentEncoding === "gzip" ? gunzipSync(read?.bytes ?? "") : (read?.bytes ?? "");
          const headers = {
            ...(contentType && { contentType }),
            ...(cacheControl && { cacheControl }),
            ...(contentEncoding && { contentEncoding }),
          };
          return [name, { text: Buffer.from(bytes).toString(), ...headers }];
        }),
      );
      return Object.fromEntries(entries);
    },
  };
}

export const textsOf = (served: Readonly<Record<string, Served>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(served).map(([name, { text }]) => [name, text]));

/** A folder of its own, gone with the test. */
export async function createFolder(files: Files = {}, onEnd: OnEnd = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sync-"));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Empties the folder first. */
export async function replaceFiles(folder: string, files: Files): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await writeFiles(folder, files);
}

export const sync = (
  store: ObjectStore,
  folder: string,
  options: Partial<SyncBucketOptions> = {},
): ReturnType<typeof syncBucket> =>
  syncBucket({ store, folder, now: () => new Date(), signal: new AbortController().signal, ...options });
