// What sync-run.ts measures: a folder to the bucket `bench`, with everything that the command does but the presentation.

import { systemRuntime } from "../src/engine/runtime.ts";
import { createTransport } from "../src/google/create-transport.ts";
import { loopbackCredentials } from "../src/google/credentials.ts";
import { createObjectStore } from "../src/google/object-store-create.ts";
import { syncBucket } from "../src/sync/sync-bucket.ts";

export async function runSync([folder = "", endpoint = "", cacheFile = ""]: readonly string[]): Promise<void> {
  const { signal } = new AbortController();
  const transport = createTransport({
    environment: { name: "bench", region: "us-central1", endpoint },
    signal,
    runtime: systemRuntime,
    credentials: loopbackCredentials("bench@localhost"),
  });
  const { totals } = await syncBucket({
    folder,
    store: createObjectStore(transport, "bench"),
    cacheFile,
    delete: true,
    maxDeletes: 1_000_000,
    headers: [{ glob: "**", cacheControl: "public, max-age=31536000, immutable" }],
    now: systemRuntime.now,
    signal,
  });
  await transport.close();
  process.stdout.write(`${JSON.stringify(totals)}\n`);
}
