// Digests of files, remembered with what `lstat` says of them, as git's index does: an unchanged tree costs no read.
import { createHash, randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { createReadStream } from "node:fs";
import { lstat, mkdir, readFile, readlink, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A file as an image sees it. */
export type FileDigest = {
  /** Relative to the folder that was asked about, with forward slashes. */
  readonly path: string;
  readonly type: "file" | "symlink";
  readonly executable: boolean;
  readonly sizeBytes: number;
  /** Hexadecimal; of a symbolic link: of its target's text. */
  readonly sha256: string;
};

type Stamp = readonly [size: string, mtimeNs: string, ctimeNs: string, inode: string, sha256: string];
const stamps = z.record(z.string(), z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]));

/** An edit within a file system's clock tick leaves no trace in its times (the coarsest in use, FAT, ticks every 2 s). */
const racyNs = 2_000_000_000n;
const readsAtOnce = 16;

export type FileDigestsOptions = {
  /** Absolute path of the folder that `paths` are relative to. */
  readonly root: string;
  readonly paths: readonly string[];
  /** Where the digests are remembered. One file for each list of paths: it holds what was asked last. */
  readonly cacheFile: string;
};

/** Digests in the order of the paths; paths that no longer exist, and folders, are left out. */
export async function digestFiles({ root, paths, cacheFile }: FileDigestsOptions): Promise<readonly FileDigest[]> {
  const known = await readStamps(cacheFile);
  const fresh = new Map<string, Stamp>();
  let read = 0;
  const digests = await mapLimited(paths, readsAtOnce, async (path) => {
    const file = join(root, path);
    const startedNs = BigInt(Date.now()) * 1_000_000n;
    const stats = await lstat(file, { bigint: true }).catch(ignoreMissing);
    if (!stats || !(stats.isFile() || stats.isSymbolicLink())) return undefined;
    let sha256 = knownDigest(known[path], stats);
    if (sha256 === undefined) {
      sha256 = await digestOf(file, stats);
      read += 1;
    }
    const settledNs = startedNs - racyNs;
    if (stats.mtimeNs < settledNs && stats.ctimeNs < settledNs) fresh.set(path, stampOf(stats, sha256));
    return {
      path,
      type: stats.isFile() ? ("file" as const) : ("symlink" as const),
      executable: stats.isFile() && (stats.mode & 0o100n) !== 0n,
      sizeBytes: Number(stats.size),
      sha256,
    };
  });
  if (read > 0 || fresh.size !== Object.keys(known).length) await writeStamps(cacheFile, fresh);
  return digests.filter((digest) => digest !== undefined);
}

const stampOf = (stats: BigIntStats, sha256: string): Stamp => [
  String(stats.size),
  String(stats.mtimeNs),
  String(stats.ctimeNs),
  String(stats.ino),
  sha256,
];

function knownDigest(stamp: Stamp | undefined, stats: BigIntStats): string | undefined {
  if (!stamp) return undefined;
  const [size, mtimeNs, ctimeNs, inode, sha256] = stamp;
  const [nowSize, nowMtimeNs, nowCtimeNs, nowInode] = stampOf(stats, sha256);
  const same = size === nowSize && mtimeNs === nowMtimeNs && ctimeNs === nowCtimeNs && inode === nowInode;
  return same ? sha256 : undefined;
}

async function digestOf(file: string, stats: BigIntStats): Promise<string> {
  const hash = createHash("sha256");
  if (stats.isSymbolicLink()) return hash.update(await readlink(file)).digest("hex");
  if (stats.size <= 1n << 20n) return hash.update(await readFile(file)).digest("hex");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  // ENOTDIR: a folder on the way was replaced by a file.
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
};

async function readStamps(cacheFile: string): Promise<Readonly<Record<string, Stamp>>> {
  try {
    return stamps.parse(JSON.parse(await readFile(cacheFile, "utf8")));
  } catch {
    // Missing or damaged: everything is read once more.
    return {};
  }
}

async function writeStamps(cacheFile: string, fresh: ReadonlyMap<string, Stamp>): Promise<void> {
  await mkdir(dirname(cacheFile), { recursive: true });
  const temporary = `${cacheFile}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(Object.fromEntries(fresh)));
  await rename(temporary, cacheFile);
}

/** As `Promise.all(values.map(work))`, with at most `limit` at once. */
export async function mapLimited<Value, Result>(
  values: readonly Value[],
  limit: number,
  work: (value: Value) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(values.length);
  const queue = values.entries();
  const worker = async (): Promise<void> => {
    for (const [index, value] of queue) results[index] = await work(value);
  };
  await Promise.all(Array.from({ length: Math.min(limit, values.length) }, worker));
  return results;
}
