// One tree from several layers, by hard links: where there is no overlayfs, and for layers that remove files of those below.
import { copyFileSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { LayerRemovals } from "./unpack-layer.ts";

export type UnpackedLayer = LayerRemovals & {
  /** Absolute path of the layer's files. */
  readonly dir: string;
};

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Is every folder on the way to `path` a folder? Only then may it be touched: nothing is followed. */
const parentsAreFolders = (root: string, path: string): boolean => {
  const parents = path.split("/").slice(0, -1);
  return parents.every((_, index) =>
    lstatSync(join(root, ...parents.slice(0, index + 1)), { throwIfNoEntry: false })?.isDirectory(),
  );
};

const applyRemovals = (target: string, { whiteouts, opaque }: LayerRemovals): void => {
  for (const path of whiteouts) if (parentsAreFolders(target, path)) remove(join(target, path));
  for (const path of opaque) {
    const dir = join(target, path);
    if (!parentsAreFolders(target, `${path}/`) || !lstatSync(dir, { throwIfNoEntry: false })?.isDirectory()) continue;
    for (const name of readdirSync(dir)) remove(join(dir, name));
  }
};

const linkFile = (source: string, target: string): void => {
  try {
    linkSync(source, target);
  } catch (error) {
    // Another file system, or a file that has all the links it may have.
    if (!["EXDEV", "EMLINK", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    copyFileSync(source, target);
  }
};

const mergeTree = (source: string, target: string): void => {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    const present = lstatSync(to, { throwIfNoEntry: false });
    if (present && !(present.isDirectory() && entry.isDirectory())) remove(to);
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else if (entry.isFile()) linkFile(from, to);
    else if (entry.isDirectory()) {
      mkdirSync(to, { recursive: true, mode: lstatSync(from).mode & 0o1777 });
      mergeTree(from, to);
    }
  }
};

/** Fills the existing, empty folder `target`; the first layer is the lowest. Files are shared with the layers: nobody may write to them in place. */
export function mergeLayers(layers: readonly UnpackedLayer[], target: string): void {
  for (const layer of layers) {
    applyRemovals(target, layer);
    mergeTree(layer.dir, target);
  }
}
