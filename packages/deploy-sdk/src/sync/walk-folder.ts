// Every file below a folder, in the order of UTF-8 bytes, and every reason why one cannot be published. Reads names and
// stamps, never a content, and holds no more than one folder's names at a time.
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
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

/** @throws DeployError `dist-missing` without the folder, `usage` where it is none. */
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
/** A file is looked at when its turn comes; a link had to be followed to know what it is. */
type Entry =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "linked-file"; readonly name: string; readonly file: FoundFile }
  | { readonly kind: "folder"; readonly name: string; readonly folder: Folder };

function openRoot(folder: string): string {
  const subject = `folder ${showPath(folder)}`;
  try {
    const root = realpathSync(folder);
    if (statSync(root).isDirectory()) return root;
  } catch (cause) {
    const message = errnoOf(cause) === "ENOENT" ? "it does not exist" : `it cannot be opened (${errnoOf(cause)})`;
    throw new DeployError("dist-missing", { subject, message, hint: "is the path right, and is it built?", cause });
  }
  throw new DeployError("usage", { subject, message: "it is a file, not a folder", hint: "give the folder it is in" });
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
  const entries = readEntries(walker, folder).flatMap((found): readonly Entry[] => {
    walker.count();
    const path = `${folder.prefix}${found.name}`;
    if (walker.exclude(path)) return [];
    const entry = inspect(walker.root, folder, found, path);
    if (!("problem" in entry)) return [entry];
    walker.problem(path, entry.problem);
    return [];
  });
  // What is in a folder sorts by its name and the slash behind it: `a-b` comes before `a/b`.
  for (const entry of sortByUtf8(entries, ({ name, kind }) => (kind === "folder" ? `${name}/` : name)))
    if (entry.kind === "folder") yield* walkInto(walker, entry.folder);
    else {
      const file = entry.kind === "file" ? findFile(walker, folder, entry.name) : entry.file;
      if (file) yield file;
    }
}

function readEntries(walker: Walker, { at, prefix }: Folder): readonly Dirent[] {
  try {
    const entries = readdirSync(at, { withFileTypes: true });
    // Node puts U+FFFD for what is no UTF-8: only the raw bytes tell it from a name that really has it.
    if (!entries.some(({ name }) => name.includes("\ufffd"))) return entries;
    const names = utf8Names(walker, at, prefix);
    return entries.filter(({ name }) => names.has(name));
  } catch (error) {
    walker.problem(prefix || ".", `the folder cannot be read (${errnoOf(error)})`);
    return [];
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Names(walker: Walker, at: string, prefix: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const raw of readdirSync(at, { encoding: "buffer" }))
    try {
      names.add(strictUtf8.decode(raw));
    } catch {
      walker.problem(`${prefix}${escapeBytes(raw)}`, "its name is not UTF-8");
    }
  return names;
}

const escapeBytes = (raw: Uint8Array): string =>
  Array.from(raw, (byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");

type Inspected = Entry | { readonly problem: string };

function inspect(root: string, folder: Folder, found: Dirent, path: string): Inspected {
  const { name } = found;
  if (found.isDirectory()) return { kind: "folder", name, folder: enter(folder, path, `${folder.at}/${name}`) };
  const problem = nameProblem(path);
  if (problem !== undefined) return { problem };
  if (found.isSymbolicLink()) return inspectLink(root, folder, name, path);
  return found.isFile() ? { kind: "file", name } : { problem: "it is a device, a socket or a pipe" };
}

/** A link is published as what it leads to, as long as that is in the folder. */
function inspectLink(root: string, folder: Folder, name: string, path: string): Inspected {
  try {
    const at = realpathSync(`${folder.at}/${name}`);
    if (at !== root && !at.startsWith(`${root}/`))
      return { problem: "it is a symbolic link that leads out of the folder" };
    const stats = statSync(at);
    if (folder.within.includes(at)) return { problem: "it is a symbolic link to a folder that it is in" };
    if (stats.isDirectory()) return { kind: "folder", name, folder: enter(folder, path, at) };
    if (!stats.isFile()) return { problem: "it is a link to a device, a socket or a pipe" };
    return { kind: "linked-file", name, file: { path, at, isLinked: true, stamp: stampOf(stats) } };
  } catch (error) {
    return { problem: `it is a symbolic link that leads nowhere (${errnoOf(error)})` };
  }
}

function findFile(walker: Walker, folder: Folder, name: string): FoundFile | undefined {
  const path = `${folder.prefix}${name}`;
  const at = `${folder.at}/${name}`;
  try {
    return { path, at, isLinked: false, stamp: stampOf(lstatSync(at)) };
  } catch (error) {
    walker.problem(path, `it cannot be read (${errnoOf(error)})`);
    return undefined;
  }
}

const enter = ({ within }: Folder, path: string, at: string): Folder => ({
  prefix: `${path}/`,
  at,
  within: [...within, at],
});

/** `ENOENT`, or what else there is to say. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
