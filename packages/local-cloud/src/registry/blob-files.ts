// Blobs as files named for their digest. Knows nothing of images: who may see a blob is the catalog's business.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";

export type ByteRange = { readonly start: number; readonly end: number };

export type BlobFiles = {
  /** Absolute path of a blob's bytes, which may not exist. */
  readonly path: (digest: string) => string;
  readonly sizeBytes: (digest: string) => number | undefined;
  /** `range` is inclusive at both ends. */
  readonly stream: (digest: string, range?: ByteRange) => Readable;
  readonly read: (digest: string) => Promise<Buffer>;
  /**
   * Makes a finished file a blob; its bytes must already have been hashed to `digest`. `commit` is what refers to it from
   * then on: the blob cannot be removed before it has run.
   */
  readonly adopt: (file: string, digest: string, commit: () => void) => Promise<void>;
  readonly write: (bytes: Uint8Array, digest: string, commit: () => void) => Promise<void>;
  readonly digests: () => Promise<readonly string[]>;
  /** Removes a blob unless it is being adopted or `isReferenced`. Synchronous: nothing can come between check and removal. */
  readonly removeUnless: (isReferenced: (digest: string) => boolean, digest: string) => void;
  /** Folder for files that are still being written. Same file system as the blobs. */
  readonly temporaryDir: string;
};

/** Read at once: less, and large layers wait for the disk more than for the network. */
const readBytes = 256 * 1024;

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** @param rootDir made when missing. */
export function createBlobFiles(rootDir: string): BlobFiles {
  const blobDir = join(rootDir, "blobs", "sha256");
  const temporaryDir = join(rootDir, "uploads");
  for (const folder of [blobDir, temporaryDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });

  const path = (digest: string): string => {
    const hex = digest.slice("sha256:".length);
    return join(blobDir, hex.slice(0, 2), hex);
  };

  const held = new Map<string, number>();
  const hold = (digest: string, change: 1 | -1): void => {
    const count = (held.get(digest) ?? 0) + change;
    if (count > 0) held.set(digest, count);
    else held.delete(digest);
  };

  const adopt = async (file: string, digest: string, commit: () => void): Promise<void> => {
    const target = path(digest);
    hold(digest, 1);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      if (existsSync(target)) rmSync(file, { force: true });
      else await rename(file, target);
      commit();
    } finally {
      hold(digest, -1);
    }
  };

  return {
    path,
    temporaryDir,
    adopt,
    sizeBytes: (digest) => statSync(path(digest), { throwIfNoEntry: false })?.size,
    stream: (digest, range) => createReadStream(path(digest), { highWaterMark: readBytes, ...range }),
    read: (digest) => readFile(path(digest)),
    write: async (bytes, digest, commit) => {
      const file = join(temporaryDir, `manifest-${randomUUID()}`);
      await writeFile(file, bytes, { mode: 0o600 });
      await adopt(file, digest, commit);
    },
    digests: async () => {
      const entries = await readdir(blobDir, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => `sha256:${entry.name}`);
    },
    removeUnless: (isReferenced, digest) => {
      if (!held.has(digest) && !isReferenced(digest)) rmSync(path(digest), { force: true });
    },
  };
}
