// Checksums of files that have not changed since they were read, as git's index has them.
//
// An entry is used only while size, mtime, ctime, inode and device are what they were: ctime cannot be set back, so a
// file rewritten in place with its old size and mtime is noticed. An entry is kept only if the file's newest time lies
// further back than clocks are coarse: a write right after the reading could otherwise have the same times. A cache that
// is missing, damaged or another folder's is an empty one. What is uploaded is checked against its checksum once more.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { crc32c as checksum } from "@node-rs/crc32";
import { type FileStamp, sameStamp } from "./walk-folder.ts";

export type HashCache = {
  readonly lookup: (path: string, stamp: FileStamp) => string | undefined;
  readonly remember: (path: string, stamp: FileStamp, crc32c: string, readAtMs: number) => void;
  /** Keeps this run's files, drops all others. Returns false where the file could not be written: then it is lost, no more. */
  readonly save: () => boolean;
};

type Entry = FileStamp & { readonly crc32c: string };

/** The coarsest clock of a file system in use: FAT's and SMB's two seconds. */
const grainMs = 2000;
const version = 1;

/** `file` undefined: nothing is remembered. `root` is the folder's real path. */
export function openHashCache(file: string | undefined, root: string): HashCache {
  const known = file === undefined ? new Map<string, Entry>() : readEntries(file, root);
  const current = new Map<string, Entry>();
  let changed = false;
  return {
    lookup: (path, stamp) => {
      const entry = known.get(path);
      if (!entry || !sameStamp(entry, stamp)) return undefined;
      current.set(path, entry);
      return entry.crc32c;
    },
    remember: (path, stamp, crc32c, readAtMs) => {
      changed = true;
      if (Math.max(stamp.mtimeMs, stamp.ctimeMs) + grainMs < readAtMs) current.set(path, { ...stamp, crc32c });
    },
    save: () => file === undefined || (!changed && current.size === known.size) || writeEntries(file, root, current),
  };
}

function readEntries(file: string, root: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  try {
    const text = readFileSync(file, "utf8");
    const end = text.indexOf("\n");
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== headerOf(root, body)) return entries;
    for (const line of body.split("\n")) {
      const [size, mtime, ctime, inode, device, crc32c = "", ...path] = line.split(" ");
      if (path.length > 0) entries.set(path.join(" "), { ...stampFrom([size, mtime, ctime, inode, device]), crc32c });
    }
    return entries;
  } catch {
    return new Map();
  }
}

function stampFrom(fields: readonly (string | undefined)[]): FileStamp {
  const [sizeBytes = 0, mtimeMs = 0, ctimeMs = 0, inode = 0, device = 0] = fields.map(Number);
  return { sizeBytes, mtimeMs, ctimeMs, inode, device };
}

/** Names the folder and the body's own checksum: a file cut short or edited does not match. */
const headerOf = (root: string, body: string): string =>
  JSON.stringify({ version, root, crc32c: checksum(body), bytes: body.length });

function writeEntries(file: string, root: string, entries: ReadonlyMap<string, Entry>): boolean {
  const body = Array.from(
    entries,
    ([path, { sizeBytes, mtimeMs, ctimeMs, inode, device, crc32c }]) =>
      `${sizeBytes} ${mtimeMs} ${ctimeMs} ${inode} ${device} ${crc32c} ${path}\n`,
  ).join("");
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, `${headerOf(root, body)}\n${body}`);
    renameSync(temporary, file);
    return true;
  } catch {
    return false;
  }
}
