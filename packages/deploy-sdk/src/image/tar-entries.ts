// A layer's entries as a tar whose bytes depend on names, modes and contents alone.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { DeployError } from "../deploy-error.ts";

/** Paths are relative to the image's root, without a leading slash. */
export type LayerEntry =
  | { readonly type: "directory"; readonly path: string; readonly mode: number }
  | { readonly type: "symlink"; readonly path: string; readonly target: string }
  | { readonly type: "file"; readonly path: string; readonly mode: number; readonly content: Uint8Array | FileOnDisk };

export type FileOnDisk = {
  /** Absolute. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Hexadecimal; where given, other content is refused: the file changed while the image was being built. */
  readonly sha256?: string | undefined;
};

const epoch = new Date(0);
/** Files up to this size are read whole; one such as the node binary is streamed. */
const wholeFileBytes = 4 * 1024 * 1024;

/** Every entry once, its directories before it, in the order of their names' bytes. Later entries win. */
export function sortEntries(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    for (const path of parentsOf(entry.path)) {
      if (!byPath.has(path)) byPath.set(path, { type: "directory", path, mode: 0o755 });
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

const parentsOf = (path: string): readonly string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join("/"));

/**
 * The tar of sorted entries.
 * @throws {DeployError} `conflict` when a file is not what its entry says.
 */
export function tarOf(entries: readonly LayerEntry[], signal: AbortSignal): AsyncIterable<Uint8Array> {
  const tar = pack();
  writeEntries(tar, entries, signal).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return tar as AsyncIterable<Uint8Array>;
}

async function writeEntries(tar: Pack, entries: readonly LayerEntry[], signal: AbortSignal): Promise<void> {
  const ahead = readAhead(entries);
  for (const entry of entries) {
    signal.throwIfAborted();
    if (entry.type === "file") await writeFileEntry(tar, entry, ahead, signal);
    else await writeLinkOrDirectory(tar, entry);
  }
}

type FileEntry = Extract<LayerEntry, { type: "file" }>;

async function writeFileEntry(
  tar: Pack,
  { path, mode, content }: FileEntry,
  ahead: ReadAhead,
  signal: AbortSignal,
): Promise<void> {
  const name = path;
  if (content instanceof Uint8Array) return written(tar, { name, mode }, Buffer.from(content));
  if (content.sizeBytes <= wholeFileBytes) return written(tar, { name, mode }, await ahead(content));
  const sink = tar.entry({ name, mode, size: content.sizeBytes, mtime: epoch, type: "file" });
  const hash = createHash("sha256");
  await pipeline(
    createReadStream(content.file, { highWaterMark: 1 << 20 }),
    async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk as Buffer);
        yield chunk;
      }
    },
    sink,
    { signal },
  );
  requireDigest(content, hash.digest("hex"));
}

const written = (tar: Pack, header: { readonly name: string; readonly mode: number }, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    tar.entry({ ...header, size: bytes.length, mtime: epoch, type: "file" }, bytes, (error) =>
      error ? reject(error) : resolve(),
    );
  });

const writeLinkOrDirectory = (tar: Pack, entry: Exclude<LayerEntry, FileEntry>): Promise<void> =>
  new Promise((resolve, reject) => {
    const header =
      entry.type === "directory"
        ? { name: `${entry.path}/`, mode: entry.mode, type: "directory" as const }
        : { name: entry.path, mode: 0o777, type: "symlink" as const, linkname: entry.target };
    tar.entry({ ...header, mtime: epoch }, (error) => (error ? reject(error) : resolve()));
  });

type ReadAhead = (content: FileOnDisk) => Promise<Buffer>;
const filesAhead = 32;

/** Small files, read a few ahead of where the tar is: one at a time, a layer of thousands would wait for each. */
function readAhead(entries: readonly LayerEntry[]): ReadAhead {
  const small = entries.flatMap((entry) =>
    entry.type === "file" && !(entry.content instanceof Uint8Array) && entry.content.sizeBytes <= wholeFileBytes
      ? [entry.content]
      : [],
  );
  const started = new Map<FileOnDisk, Promise<Buffer>>();
  let next = 0;
  const start = (): void => {
    const content = small[next];
    next += 1;
    if (!content) return;
    const read = readChecked(content);
    read.catch(() => {});
    started.set(content, read);
  };
  return async (content) => {
    while (next < small.length && started.size < filesAhead) start();
    const bytes = await (started.get(content) ?? readChecked(content));
    started.delete(content);
    return bytes;
  };
}

async function readChecked(content: FileOnDisk): Promise<Buffer> {
  const bytes = await readFile(content.file);
  if (content.sha256 !== undefined) requireDigest(content, createHash("sha256").update(bytes).digest("hex"));
  if (bytes.length !== content.sizeBytes) throw changed(content);
  return bytes;
}

function requireDigest(content: FileOnDisk, sha256: string): void {
  if (content.sha256 !== undefined && content.sha256 !== sha256) throw changed(content);
}

const changed = ({ file }: FileOnDisk): DeployError =>
  new DeployError("conflict", {
    subject: file,
    message: "the file changed while the image was being built",
    hint: "run the command again",
    retryable: true,
  });
