// Reads one layer's archive and writes it below a folder: bounded, verified, never outside.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { parseLayerPath } from "./layer-path.ts";
import { createLayerWriter, type LayerWriter } from "./layer-writer.ts";
import { RuntimeError } from "./runtime-error.ts";

export type LayerLimits = {
  /** Of the files' content, unpacked. */
  readonly bytes: number;
  readonly entries: number;
};

/** Cloud Run's own limit of an image is 9.9 GB: https://cloud.google.com/run/quotas */
export const defaultLayerLimits: LayerLimits = { bytes: 10 * 2 ** 30, entries: 1_000_000 };

/** Paths that this layer removes from those below it. */
export type LayerRemovals = { readonly whiteouts: readonly string[]; readonly opaque: readonly string[] };

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** By its first bytes: media types are written by many tools, and not all tell the truth. */
const decompressorFor = (head: Buffer): Transform => {
  if (head.subarray(0, 2).equals(gzipMagic)) return createGunzip();
  if (head.subarray(0, 4).equals(zstdMagic)) return createZstdDecompress();
  return new PassThrough();
};

const readHead = async (path: string): Promise<Buffer> => {
  const chunks = await createReadStream(path, { end: 3 }).toArray();
  return Buffer.concat(chunks);
};

const createTap = (see: (chunk: Buffer) => void): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });

/** Counts what comes out of the decompressor, so that a small blob cannot become an endless archive. */
const createBound = (bytes: number): Transform => {
  let count = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count += chunk.length;
      if (count <= bytes) done(null, chunk);
      else done(new RuntimeError("layer-too-large", `a layer unpacks to more than ${bytes} bytes`));
    },
  });
};

const writeEntry = async (writer: LayerWriter, header: Header, segments: readonly string[], content: Readable) => {
  const mode = header.mode ?? 0o644;
  switch (header.type) {
    case "directory":
      return writer.directory(segments, mode);
    case "file":
    case "contiguous-file":
      return writer.file(segments, mode, header.mtime ?? new Date(0), content);
    case "symlink":
      return writer.symlink(segments, header.linkname ?? "");
    case "link":
      return writer.hardlink(segments, parseLayerPath(header.linkname ?? "").segments);
    default:
      return; // devices and pipes: a sandbox has its own /dev, and nothing else is allowed to make them
  }
};

type ArchiveEntry = Readable & { readonly header: Header };

const writeEntries = async (archive: AsyncIterable<ArchiveEntry>, root: string, limits: LayerLimits) => {
  const writer = createLayerWriter(root);
  const removals = { whiteouts: [] as string[], opaque: [] as string[] };
  let count = 0;
  for await (const entry of archive) {
    count += 1;
    if (count > limits.entries)
      throw new RuntimeError("layer-too-large", `a layer has more than ${limits.entries} entries`);
    const { segments, meaning } = parseLayerPath(entry.header.name);
    if (meaning === "whiteout") removals.whiteouts.push(segments.join("/"));
    else if (meaning === "opaque") removals.opaque.push(segments.join("/"));
    else await writeEntry(writer, entry.header, segments, entry);
    entry.resume();
  }
  return removals;
};

/** Not the archive's fault: a full disk, a folder that cannot be written. */
const isOfMachine = (error: Error | undefined): error is Error =>
  /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EMFILE|ENFILE|EIO)$/.test((error as NodeJS.ErrnoException)?.code ?? "");

/** Room for the archive's own blocks beside the content: two a entry, and long names. */
const archiveOverhead = (entries: number): number => 4096 + entries * 2048;

/**
 * Unpacks a blob (tar, gzip or zstd) into the existing, empty folder `root`.
 * @throws {RuntimeError} layer-invalid (unsafe entries, not an archive, not of that digest) or layer-too-large. What was
 * written by then stays: the caller throws the folder away.
 */
export async function unpackLayer(
  blob: { readonly path: string; readonly digest: string },
  root: string,
  limits: LayerLimits,
  signal: AbortSignal,
): Promise<LayerRemovals> {
  const hash = createHash("sha256");
  const archive = extract();
  const stages = [
    createReadStream(blob.path, { highWaterMark: 256 * 1024 }),
    createTap((chunk) => hash.update(chunk)),
    decompressorFor(await readHead(blob.path)),
    createBound(limits.bytes + archiveOverhead(limits.entries)),
    archive,
  ];
  const [written, piped] = await Promise.allSettled([
    writeEntries(archive as AsyncIterable<ArchiveEntry>, root, limits),
    pipeline(stages as [Readable, ...Transform[]], { signal }),
  ]);
  signal.throwIfAborted();
  // Either side's failure ends the other; what refused an entry or a size says more than "premature close".
  const reasons = [written, piped].flatMap((side) => (side.status === "rejected" ? [side.reason as Error] : []));
  const reason = reasons.find((error) => error instanceof RuntimeError) ?? reasons[0];
  if (reason instanceof RuntimeError) throw reason;
  if (isOfMachine(reason))
    throw new RuntimeError("start-failed", `layer ${blob.digest} cannot be unpacked: ${reason.message}`, {
      cause: reason,
    });
  if (reason !== undefined || written.status === "rejected") {
    throw new RuntimeError("layer-invalid", `layer ${blob.digest} is no readable archive`, { cause: reason });
  }
  if (`sha256:${hash.digest("hex")}` !== blob.digest) {
    throw new RuntimeError("layer-invalid", `a layer is not what its digest ${blob.digest} says`);
  }
  return written.value;
}
