// Every file below a folder, in the order of UTF-8 bytes, and every reason why one cannot be published. Reads names and
// stamps, never a content, and holds no more than one folder's names at a time.
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { DeployError } from "../deploy-error.ts";
import { type FileProblem, nameProblem, showPath } from "./file-problems.ts";
import type { PathMatcher } from "./glob.ts";
import { sortByUtf8 } from "./utf8-order.ts";

/** What changes when a file is written, replaced or touched. `ctime` cannot be set by a program. */
export type FileStamp = {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly device: number;
};

export type FoundFile = {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Absolute; other than `path` below the root only where a symbolic link inside the folder leads elsewhere in it. */
  readonly at: string;
  readonly isLinked: boolean;
  readonly stamp: FileStamp;
};

export type Walk = {
  /** The folder itself, without symbolic links. */
  readonly root: string;
  /** Can be gone through once. Reads folders as it goes. @throws DeployError `usage` for endlessly many. */
  readonly files: Iterable<FoundFile>;
  /** Complete when `files` has been gone through. */
  readonly problems: readonly FileProblem[];
};

export type WalkOptions = {
  readonly exclude: PathMatcher;
  /** More than this is taken for a mistake. Default 1,000,000. */
  readonly maxEntries?: number;
};

/** @throws DeployError `not-found` without the folder, `usage` where it is none. */
export function walkFolder(folder: string, { exclude, maxEntries = 1_000_000 }: WalkOptions): Walk {
  const root = openRoot(folder);
  const problems: FileProblem[] = [];
  const walker: Walker = {
    root,
    exclude,
    problem: (path, reason) => problems.push({ path: showPath(path), reason }),
    count: createCounter(root, maxEntries),
  };
  return { root, problems, files: walkInto(walker, { prefix: "", at: root, within: [root] }) };
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

type Walker = {
  readonly root: string;
  readonly exclude: PathMatcher;
  readonly problem: (path: string, reason: string) => void;
  readonly count: () => void;
};
/** A folder on the way: its path below the root (empty, or ending in `/`), where it is, and what it is inside of. */
type Folder = { readonly prefix: string; readonly at: string; readonly within: readonly string[] };
type Entry = { readonly name: string } & (
  | { readonly file: FoundFile }
  | { readonly file: undefined; readonly folder: Folder }
);

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

/** Links to folders can multiply what is there: without a limit a few of them make a walk that never ends. */
function createCounter(root: string, maxEntries: number): () => void {
  let entries = 0;
  return () => {
    entries += 1;
    if (entries > maxEntries)
      throw new DeployError("usage", {
        subject: `folder ${showPath(root)}`,
        message: `it has more than ${maxEntries} files and folders`,
        hint: "is it the right folder?",
      });
  };
}

function* walkInto(walker: Walker, folder: Folder): Generator<FoundFile, void> {
  const entries = readNames(walker, folder).flatMap((name): readonly Entry[] => {
    walker.count();
    const path = `${folder.prefix}${name}`;
    if (walker.exclude(path)) return [];
    const entry = inspect(walker.root, folder, name, path);
    if (!("problem" in entry)) return [entry];
    walker.problem(path, entry.problem);
    return [];
  });
  // What is in a folder sorts by its name and the slash behind it: `a-b` comes before `a/b`.
  for (const entry of sortByUtf8(entries, ({ name, file }) => (file ? name : `${name}/`)))
    if (entry.file) yield entry.file;
    else yield* walkInto(walker, entry.folder);
}

function readNames(walker: Walker, { at, prefix }: Folder): readonly string[] {
  try {
    const names = readdirSync(at);
    // Node puts U+FFFD for what is no UTF-8: only the raw bytes tell it from a name that really has it.
    return names.some((name) => name.includes("\ufffd")) ? utf8Names(walker, at, prefix) : names;
  } catch (error) {
    walker.problem(prefix || ".", `the folder cannot be read (${errnoOf(error)})`);
    return [];
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const utf8Names = (walker: Walker, at: string, prefix: string): readonly string[] =>
  readdirSync(at, { encoding: "buffer" }).flatMap((raw) => {
    try {
      return [strictUtf8.decode(raw)];
    } catch {
      walker.problem(`${prefix}${escapeBytes(raw)}`, "its name is not UTF-8");
      return [];
    }
  });

const escapeBytes = (raw: Uint8Array): string =>
  Array.from(raw, (byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");

type Inspected = Entry | { readonly problem: string };

function inspect(root: string, folder: Folder, name: string, path: string): Inspected {
  const at = `${folder.at}/${name}`;
  try {
    const stats = lstatSync(at);
    if (stats.isSymbolicLink()) return inspectLink(root, folder, name, path);
    if (stats.isDirectory()) return { name, file: undefined, folder: enter(folder, path, at) };
    return stats.isFile()
      ? fileEntry(name, { path, at, isLinked: false, stamp: stampOf(stats) })
      : { problem: "it is a device, a socket or a pipe" };
  } catch (error) {
    return { problem: `it cannot be read (${errnoOf(error)})` };
  }
}

/** A link is published as what it leads to, as long as that is in the folder. */
function inspectLink(root: string, folder: Folder, name: string, path: string): Inspected {
  try {
    const at = realpathSync(`${folder.at}/${name}`);
    if (at !== root && !at.startsWith(`${root}/`))
      return { problem: "it is a symbolic link that leads out of the folder" };
    const stats = statSync(at);
    if (folder.within.includes(at)) return { problem: "it is a symbolic link to a folder that it is in" };
    if (stats.isDirectory()) return { name, file: undefined, folder: enter(folder, path, at) };
    return stats.isFile()
      ? fileEntry(name, { path, at, isLinked: true, stamp: stampOf(stats) })
      : { problem: "it is a link to a device, a socket or a pipe" };
  } catch (error) {
    return { problem: `it is a symbolic link that leads nowhere (${errnoOf(error)})` };
  }
}

const enter = ({ within }: Folder, path: string, at: string): Folder => ({
  prefix: `${path}/`,
  at,
  within: [...within, at],
});

function fileEntry(name: string, file: FoundFile): Inspected {
  const problem = nameProblem(file.path);
  return problem === undefined ? { name, file } : { problem };
}

/** `ENOENT`, or what else there is to say. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
