// A folder's files with their checksums, or one error with everything that is wrong with them.
import { DeployError } from "../deploy-error.ts";
import { collisions, problemsError, showPath } from "./file-problems.ts";
import type { PathMatcher } from "./glob.ts";
import { openHashCache } from "./hash-cache.ts";
import { hashFiles, type LocalFile } from "./hash-files.ts";
import { walkFolder } from "./walk-folder.ts";

export type ReadFolderOptions = {
  readonly folder: string;
  readonly exclude: PathMatcher;
  /** An empty folder is taken for a mistake without it. */
  readonly force?: boolean;
  /** Where checksums are remembered between runs; undefined: nowhere. */
  readonly cacheFile?: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Now and then: how many files have been read. */
  readonly onHashing?: (done: number) => void;
};

export type Folder = {
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** In the order of their paths' UTF-8 bytes. */
  readonly files: readonly LocalFile[];
  readonly warnings: readonly string[];
};

/**
 * @throws DeployError `site-unsafe` with every file that cannot be published, or for an empty folder;
 * `dist-missing` without the folder.
 */
export async function readFolder(options: ReadFolderOptions): Promise<Folder> {
  const { folder, exclude, force = false, cacheFile, now, signal, onHashing } = options;
  const walk = walkFolder(folder, { exclude });
  const cache = openHashCache(cacheFile, walk.root);
  const hashed = await hashFiles(walk.files, { cache, now, signal, ...(onHashing && { progress: onHashing }) });
  const problems = [...walk.problems, ...hashed.problems];
  if (problems.length > 0) throw problemsError(folder, problems);
  if (hashed.files.length === 0 && !force) throw emptyFolder(folder);
  const saved = cache.save();
  const warnings = [
    ...collisions(hashed.files.map(({ path }) => path)).map(collisionWarning),
    ...(saved ? [] : [`checksums could not be remembered in ${cacheFile}: the next run reads every file again`]),
  ];
  return { root: walk.root, files: hashed.files, warnings };
}

const collisionWarning = (group: readonly string[]): string =>
  `differ only by case or by Unicode form, and are one file on macOS and Windows: ${group.map(showPath).join(", ")}`;

const emptyFolder = (folder: string): DeployError =>
  new DeployError("site-unsafe", {
    subject: `folder ${showPath(folder)}`,
    message: "there is nothing in it to publish",
    hint: "build first; --force takes an empty folder for what is meant",
  });
