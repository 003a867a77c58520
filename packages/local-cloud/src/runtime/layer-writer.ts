// Writes the entries of one layer below a folder. It never follows a symbolic link: what an archive puts in the way of its
// own later entries is refused. Ownership is not kept (each container sees the files as its own user's), and set-user-id
// bits are dropped: the files lie on this machine.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { RuntimeError } from "./runtime-error.ts";

export type LayerWriter = {
  readonly directory: (segments: readonly string[], mode: number) => void;
  readonly file: (segments: readonly string[], mode: number, mtime: Date, content: Readable) => Promise<void>;
  readonly symlink: (segments: readonly string[], target: string) => void;
  readonly hardlink: (segments: readonly string[], target: readonly string[]) => void;
};

const statIfThere = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });
/** The owner always keeps access, or the cache could not be read and removed again. */
const directoryMode = (mode: number): number => (mode & 0o1777) | 0o700;
const fileMode = (mode: number): number => (mode & 0o777) | 0o400;

export function createLayerWriter(root: string): LayerWriter {
  /** Folders known to be folders of ours, so that each is looked at once. */
  const known = new Set<string>([""]);

  const ensureDirectory = (segments: readonly string[]): void => {
    const path = segments.join("/");
    if (known.has(path)) return;
    ensureDirectory(segments.slice(0, -1));
    const stat = statIfThere(join(root, path));
    if (stat === undefined) mkdirSync(join(root, path), { mode: 0o755 });
    else if (!stat.isDirectory()) {
      throw new RuntimeError("layer-invalid", `layer entry below ${JSON.stringify(path)}, which is no folder`);
    }
    known.add(path);
  };

  /** Absolute path of a new entry: parents exist, and what an earlier entry of that name put there is gone. */
  const claim = (segments: readonly string[]): string => {
    if (segments.length === 0) throw new RuntimeError("layer-invalid", "a layer whose root is no folder");
    ensureDirectory(segments.slice(0, -1));
    const path = join(root, ...segments);
    const stat = statIfThere(path);
    if (stat?.isDirectory()) known.clear();
    if (stat) rmSync(path, { recursive: true, force: true });
    known.add("");
    return path;
  };

  return {
    directory: (segments, mode) => {
      const path = join(root, ...segments);
      if (statIfThere(path)?.isDirectory() === false) claim(segments);
      ensureDirectory(segments);
      chmodSync(path, directoryMode(mode));
    },
    file: async (segments, mode, mtime, content) => {
      const descriptor = openSync(claim(segments), "wx", 0o600);
      try {
        for await (const chunk of content) writeSync(descriptor, chunk);
        fchmodSync(descriptor, fileMode(mode));
        // Python's compiled modules record the source's time: without it every start would compile again.
        futimesSync(descriptor, mtime, mtime);
      } finally {
        closeSync(descriptor);
      }
    },
    symlink: (segments, target) => symlinkSync(target, claim(segments)),
    hardlink: (segments, target) => {
      ensureDirectory(target.slice(0, -1));
      const source = join(root, ...target);
      if (!statIfThere(source)?.isFile()) {
        throw new RuntimeError(
          "layer-invalid",
          `hard link to ${JSON.stringify(target.join("/"))}, which is no file here`,
        );
      }
      if (target.join("/") !== segments.join("/")) linkSync(source, claim(segments));
    },
  };
}
