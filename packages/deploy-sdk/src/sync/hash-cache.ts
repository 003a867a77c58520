// Checksums of files that have not changed since they were read, as git's index has them.
//
// An entry is used only while size, mtime, ctime, inode and device are what they were: ctime cannot be set back, so a
// file rewritten in place with its old size and mtime is noticed. An entry is kept only if the file's newest time lies
// further back than clocks are coarse: a write right after the reading could otherwise have the same times. A cache that
// is missing, damaged or another folder's is an empty one. What is uploaded is checked against its checksum once more.
//
// Entries are lines in the order of their paths' UTF-8 bytes, and files are asked for in that order: one pass over the
// text answers all of them, and 100,000 entries take no more memory than it.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { crc32c as checksum } from "@node-rs/crc32";
import { compareUtf8 } from "./utf8-order.ts";
import type { FileStamp } from "./walk-folder.ts";

export type HashCache = {
  /** Paths in ascending order. */
  readonly lookup: (path: string, stamp: FileStamp) => string | undefined;
  readonly remember: (path: string, stamp: FileStamp, crc32c: string, readAtMs: number) => void;
  /** Keeps this run's files, drops all others. Returns false where the file could not be written: then it is lost, no more. */
  readonly save: () => boolean;
};

/** The coarsest clock of a file system in use: FAT's and SMB's two seconds. */
const grainMs = 2000;
const version = 1;

/** `file` undefined: nothing is remembered. `root` is the folder's real path. */
export function openHashCache(file: string | undefined, root: string): HashCache {
  const known = file === undefined ? "" : readEntries(file, root);
  const lines = createLines(known);
  const kept = createText();
  const keep = (path: string, stamp: string, crc32c: string): void => {
    if (file !== undefined) kept.add(`${stamp}${crc32c} ${path}\n`);
  };
  return {
    lookup: (path, stamp) => {
      const text = stampText(stamp);
      const crc32c = lines.find(path, text);
      if (crc32c !== undefined) keep(path, text, crc32c);
      return crc32c;
    },
    remember: (path, stamp, crc32c, readAtMs) => {
      if (Math.max(stamp.mtimeMs, stamp.ctimeMs) + grainMs < readAtMs) keep(path, stampText(stamp), crc32c);
    },
    save: () => file === undefined || writeEntries(file, root, kept.text(), known),
  };
}

/** `12 1763690000000.25 1763690000000.25 4711 64768 z4wnQA== assets/index.js` */
const stampText = ({ sizeBytes, mtimeMs, ctimeMs, inode, device }: FileStamp): string =>
  `${sizeBytes} ${mtimeMs} ${ctimeMs} ${inode} ${device} `;
const checksumLength = 8;

const linesAtOnce = 1000;

/** A text from many lines, of which few exist as strings of their own at any time. */
function createText(): { readonly add: (line: string) => void; readonly text: () => string } {
  const parts: string[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    parts.push(lines.join(""));
    lines = [];
  };
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length === linesAtOnce) flush();
    },
    text: () => {
      flush();
      return parts.join("");
    },
  };
}

/** Goes through the lines once, as paths are asked for in ascending order. Makes no string that it does not need. */
function createLines(text: string): { readonly find: (path: string, stamp: string) => string | undefined } {
  let start = 0;
  let end = text.indexOf("\n");
  const path = (): string => text.slice(pathStart(text, start), end);
  return {
    find: (wanted, stamp) => {
      let order = end < 0 ? 1 : compareUtf8(path(), wanted);
      while (order < 0) {
        start = end + 1;
        end = text.indexOf("\n", start);
        order = end < 0 ? 1 : compareUtf8(path(), wanted);
      }
      if (order > 0 || !text.startsWith(stamp, start)) return undefined;
      return text.slice(start + stamp.length, start + stamp.length + checksumLength);
    },
  };
}

/** Behind the sixth space. */
function pathStart(text: string, lineStart: number): number {
  let at = lineStart;
  for (let field = 0; field < 6; field += 1) at = text.indexOf(" ", at) + 1;
  return at;
}

/** The entries' text; empty where the file is not to be believed. */
function readEntries(file: string, root: string): string {
  try {
    const text = readFileSync(file, "utf8");
    const end = text.indexOf("\n");
    const body = text.slice(end + 1);
    return text.slice(0, end) === headerOf(root, body) ? body : "";
  } catch {
    return "";
  }
}

/** Names the folder and the body's own checksum: a file cut short or edited does not match. */
const headerOf = (root: string, body: string): string =>
  JSON.stringify({ version, root, crc32c: checksum(body), bytes: body.length });

function writeEntries(file: string, root: string, body: string, known: string): boolean {
  if (body === known) return true;
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
