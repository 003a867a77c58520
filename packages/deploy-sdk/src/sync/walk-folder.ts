// Every file below a folder, or every reason why it cannot be published. Reads names and stamps, never a content.
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { DeployError } from "../deploy-error.ts";
import { type FileProblem, nameProblem, showPath } from "./file-problems.ts";
import type { PathMatcher } from "./glob.ts";
import { createTimeSlice } from "./time-slice.ts";
import { sortByUtf8 } from "./utf8-order.ts";

/** What changes when a file is written, replaced or touched. `ctime` cannot be set by a program. */
export type FileStamp = {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly device: number;
};

export type FoundFile = FileStamp & {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Absolute, where a symbolic link inside the folder leads elsewhere in it. */
  readonly target?: string;
};

export type Walk = {
  /** The folder itself, without symbolic links. */
  readonly root: string;
  /** In the order of their paths' UTF-8 bytes. */
  readonly files: readonly FoundFile[];
  readonly problems: readonly FileProblem[];
};

export type WalkOptions = {
  readonly exclude: PathMatcher;
  readonly signal: AbortSignal;
  /** More than this is taken for a mistake. Default 1,000,000. */
  readonly maxEntries?: number;
};

type Walker = {
  readonly root: string;
  readonly exclude: PathMatcher;
  readonly pause: () => Promise<void> | undefined;
  readonly maxEntries: number;
  entries: number;
  readonly files: FoundFile[];
  readonly problems: FileProblem[];
};
/** A folder on the way: its path below the root (empty, or ending in `/`), where it is, and what it is inside of. */
type Folder = { readonly prefix: string; readonly at: string; readonly within: readonly string[] };

/** @throws DeployError `not-found` without the folder, `usage` where it is none. */
export async function walkFolder(
  folder: string,
  { exclude, signal, maxEntries = 1_000_000 }: WalkOptions,
): Promise<Walk> {
  const root = openRoot(folder);
  const walker: Walker = {
    root,
    exclude,
    maxEntries,
    entries: 0,
    pause: createTimeSlice(signal),
    files: [],
    problems: [],
  };
  await walkInto(walker, { prefix: "", at: root, within: [root] });
  return { root, files: sortByUtf8(walker.files, ({ path }) => path), problems: walker.problems };
}

export const stampOf = ({ size, mtimeMs, ctimeMs, ino, dev }: Stats): FileStamp => ({
  sizeBytes: size,
  mtimeMs,
  ctimeMs,
  inode: ino,
  device: dev,
});

export const sameStamp = (a: FileStamp, b: FileStamp): boolean =>
  a.sizeBytes === b.sizeBytes &&
  a.mtimeMs === b.mtimeMs &&
  a.ctimeMs === b.ctimeMs &&
  a.inode === b.inode &&
  a.device === b.device;

function openRoot(folder: string): string {
  const subject = `folder ${showPath(folder)}`;
  try {
    const root = realpathSync(folder);
    if (statSync(root).isDirectory()) return root;
  } catch (cause) {
    throw new DeployError("not-found", { subject, message: `it cannot be opened (${errnoOf(cause)})`, cause });
  }
  throw new DeployError("usage", { subject, message: "it is a file, not a folder" });
}

async function walkInto(walker: Walker, folder: Folder): Promise<void> {
  const entries = readEntries(walker, folder);
  for (const entry of entries) {
    const path = `${folder.prefix}${entry.name}`;
    if (walker.exclude(path)) continue;
    if (entry.isDirectory()) await walkInto(walker, enter(folder, path, `${folder.at}/${entry.name}`));
    else if (entry.isSymbolicLink()) await followLink(walker, folder, path, `${folder.at}/${entry.name}`);
    else if (entry.isFile()) addFile(walker, path, `${folder.at}/${entry.name}`, undefined);
    else problem(walker, path, "it is a device, a socket or a pipe");
    countEntry(walker);
    await walker.pause();
  }
}

/** Links to folders can multiply what is there: without a limit a few of them make a walk that never ends. */
function countEntry(walker: Walker): void {
  walker.entries += 1;
  if (walker.entries <= walker.maxEntries) return;
  throw new DeployError("usage", {
    subject: `folder ${showPath(walker.root)}`,
    message: `it has more than ${walker.maxEntries} files and folders`,
    hint: "is it the right folder?",
  });
}

const enter = ({ within }: Folder, path: string, at: string): Folder => ({
  prefix: `${path}/`,
  at,
  within: [...within, at],
});

function readEntries(walker: Walker, { at, prefix }: Folder): readonly Dirent[] {
  try {
    const entries = readdirSync(at, { withFileTypes: true });
    // Node puts U+FFFD for what is no UTF-8: only the raw bytes tell it from a name that really has it.
    if (entries.some(({ name }) => name.includes("\ufffd"))) return utf8Entries(walker, at, prefix, entries);
    return entries;
  } catch (error) {
    problem(walker, prefix || ".", `the folder cannot be read (${errnoOf(error)})`);
    return [];
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

function utf8Entries(walker: Walker, at: string, prefix: string, entries: readonly Dirent[]): readonly Dirent[] {
  const valid = new Set<string>();
  for (const raw of readdirSync(at, { encoding: "buffer" })) {
    try {
      valid.add(strictUtf8.decode(raw));
    } catch {
      problem(walker, `${prefix}${escapeBytes(raw)}`, "its name is not UTF-8");
    }
  }
  return entries.filter(({ name }) => valid.has(name));
}

const escapeBytes = (raw: Uint8Array): string =>
  Array.from(raw, (byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");

/** A link is published as what it leads to, as long as that is in the folder. */
async function followLink(walker: Walker, folder: Folder, path: string, at: string): Promise<void> {
  const link = resolveLink(walker.root, folder.within, at);
  if ("problem" in link) problem(walker, path, link.problem);
  else if (link.isFolder) await walkInto(walker, enter(folder, path, link.target));
  else addFile(walker, path, link.target, link.target);
}

type Link = { readonly target: string; readonly isFolder: boolean } | { readonly problem: string };

function resolveLink(root: string, within: readonly string[], at: string): Link {
  try {
    const target = realpathSync(at);
    if (target !== root && !target.startsWith(`${root}/`))
      return { problem: "it is a symbolic link that leads out of the folder" };
    const stats = statSync(target);
    if (within.includes(target)) return { problem: "it is a symbolic link to a folder that it is in" };
    if (stats.isFile() || stats.isDirectory()) return { target, isFolder: stats.isDirectory() };
    return { problem: "it is a link to a device, a socket or a pipe" };
  } catch (error) {
    return { problem: `it is a symbolic link that leads nowhere (${errnoOf(error)})` };
  }
}

function addFile(walker: Walker, path: string, at: string, target: string | undefined): void {
  const wrongName = nameProblem(path);
  if (wrongName !== undefined) problem(walker, path, wrongName);
  else
    try {
      walker.files.push({ path, ...(target !== undefined && { target }), ...stampOf(lstatSync(at)) });
    } catch (error) {
      problem(walker, path, `it cannot be read (${errnoOf(error)})`);
    }
}

function problem(walker: Walker, path: string, reason: string): void {
  walker.problems.push({ path: showPath(path), reason });
}

/** `ENOENT`, or what else there is to say. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
