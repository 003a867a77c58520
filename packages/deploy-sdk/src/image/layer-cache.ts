// Layers by a key of what goes into them, so that only what changed is packed and compressed again.
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Layer } from "./oci.ts";
import { gzipBlocks } from "./parallel-gzip.ts";

export type LayerCache = {
  /** The layer with this key, compressed from its tar where it is not there yet. */
  readonly layer: (request: LayerRequest) => Promise<Layer>;
  /** The layer with this key, where it is there. */
  readonly find: (name: LayerName) => Promise<Layer | undefined>;
};

export type LayerName = {
  /** Hexadecimal digest of what the layer holds and of how it is laid out. */
  readonly key: string;
  /** gzip level: 1 for large binaries (half of the time for a tenth more bytes), 6 for sources. */
  readonly level: number;
};

export type LayerRequest = LayerName & {
  /** Asked for only where the layer is not there yet. */
  readonly tar: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  readonly signal: AbortSignal;
};

const known = z.object({ digest: z.string(), diffId: z.string(), sizeBytes: z.number() });
const keptDays = 30;

/** @param folder made when missing; safe to share between processes. */
export function createLayerCache(folder: string, now: () => Date): LayerCache {
  return {
    find: (name) => findLayer(folder, name, now()),
    layer: async (request) => {
      const cached = await findLayer(folder, request, now());
      if (cached) return cached;
      await mkdir(folder, { recursive: true });
      await removeUnused(folder, now());
      return writeLayer(folder, request);
    },
  };
}

async function findLayer(folder: string, name: LayerName, now: Date): Promise<Layer | undefined> {
  const record = recordOf(folder, name);
  try {
    const { digest, diffId, sizeBytes } = known.parse(JSON.parse(await readFile(record, "utf8")));
    const file = blobOf(folder, digest);
    if ((await stat(file)).size !== sizeBytes) return undefined;
    await Promise.all([record, file].map((path) => utimes(path, now, now)));
    return { digest, diffId, sizeBytes, file };
  } catch {
    // Missing, half-written or by another version: it is packed again.
    return undefined;
  }
}

const recordOf = (folder: string, { key, level }: LayerName): string => join(folder, `${key}-${level}.json`);
const blobOf = (folder: string, digest: string): string => join(folder, `${digest.replace(":", "-")}.tar.gz`);

async function writeLayer(folder: string, { key, level, tar, signal }: LayerRequest): Promise<Layer> {
  const temporary = join(folder, `${randomUUID()}.partial`);
  const raw = createHash("sha256");
  const compressed = createHash("sha256");
  let sizeBytes = 0;
  try {
    await pipeline(
      gzipBlocks(
        hashed(await tar(), (chunk) => raw.update(chunk)),
        { level },
      ),
      (chunks) =>
        hashed(chunks, (chunk) => {
          compressed.update(chunk);
          sizeBytes += chunk.length;
        }),
      createWriteStream(temporary),
      { signal },
    );
    const digest = `sha256:${compressed.digest("hex")}`;
    const diffId = `sha256:${raw.digest("hex")}`;
    const file = blobOf(folder, digest);
    await rename(temporary, file);
    await writeFile(`${temporary}.json`, JSON.stringify({ digest, diffId, sizeBytes }));
    await rename(`${temporary}.json`, recordOf(folder, { key, level }));
    return { digest, diffId, sizeBytes, file };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function* hashed(
  source: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    take(chunk);
    yield chunk;
  }
}

/** What no build has used for a month is removed, so that the cache does not grow without end. */
export async function removeUnused(folder: string, now: Date): Promise<void> {
  const oldest = now.getTime() - keptDays * 24 * 3600 * 1000;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const used = await stat(path).catch(() => undefined);
    if (used?.isFile() && used.mtimeMs < oldest) await rm(path, { force: true });
  }
}
