// The topmost folder of one instance's root: what every container has, whatever its image, and the places of its mounts.
// Everything else of the root is the image's, or written in memory and gone with the instance.
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProcessSpec } from "./container-driver.ts";
import { canonicalPath, resolveInImage } from "./rootfs-view.ts";

/** Given to the container as this machine has them: names must resolve the same way. */
const sharedFiles = ["/etc/resolv.conf", "/etc/hosts"];
const ownFolders = ["/proc", "/dev", "/tmp"];

const mkdirIn = (root: string, path: string): void => {
  mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
};

/** Fills the empty folder `root`. Paths are those that the image's links lead to, so that no link is in the way later. */
export function writeInstanceRoot(root: string, { lowers, cwd, mounts }: ProcessSpec): void {
  for (const path of ownFolders) mkdirIn(root, path);
  chmodSync(join(root, "tmp"), 0o1777);
  for (const path of sharedFiles) {
    if (!existsSync(path)) continue;
    const target = join(root, canonicalPath(lowers, dirname(path)), path.slice(dirname(path).length));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target, { dereference: true });
  }
  for (const { target } of mounts) mkdirIn(root, canonicalPath(lowers, target));
  if (resolveInImage(lowers, cwd) === undefined) mkdirIn(root, canonicalPath(lowers, cwd));
}

export function removeInstanceRoot(root: string): void {
  rmSync(root, { recursive: true, force: true });
}
