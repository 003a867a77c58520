// Checksums of all files of a walk, from the cache where it can be trusted.
import { DeployError } from "../deploy-error.ts";
import type { FileProblem } from "./file-problems.ts";
import { showPath } from "./file-problems.ts";
import type { HashCache } from "./hash-cache.ts";
import { hashFile } from "./read-content.ts";
import { createTimeSlice } from "./time-slice.ts";
import { errnoOf, type FoundFile } from "./walk-folder.ts";

/** A file that can be published. */
export type LocalFile = {
  readonly path: string;
  /** Absolute place of its bytes, where a link leads to them. */
  readonly target?: string;
  readonly sizeBytes: number;
  readonly crc32c: string;
};

export type HashOptions = {
  readonly cache: HashCache;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Now and then: how many files are done. */
  readonly progress?: (done: number) => void;
};

/** What cannot be read is a problem among the others, so that all are told at once. */
export async function hashFiles(
  files: Iterable<FoundFile>,
  { cache, now, signal, progress }: HashOptions,
): Promise<{ readonly files: readonly LocalFile[]; readonly problems: readonly FileProblem[] }> {
  const pause = createTimeSlice(signal);
  const hashed: LocalFile[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const known = cache.lookup(file.path, file.stamp);
    if (known !== undefined) hashed.push(localFile(file, file.stamp.sizeBytes, known));
    else
      try {
        const readAtMs = now().getTime();
        const { stamp, crc32c } = await hashFile(file, pause);
        cache.remember(file.path, stamp, crc32c, readAtMs);
        hashed.push(localFile(file, stamp.sizeBytes, crc32c));
      } catch (error) {
        signal.throwIfAborted();
        problems.push({ path: showPath(file.path), reason: reasonOf(error) });
      }
    const pausing = pause();
    if (pausing) {
      progress?.(hashed.length);
      await pausing;
    }
  }
  return { files: hashed, problems };
}

const localFile = ({ path, at, isLinked }: FoundFile, sizeBytes: number, crc32c: string): LocalFile =>
  isLinked ? { path, target: at, sizeBytes, crc32c } : { path, sizeBytes, crc32c };

const reasonOf = (error: unknown): string =>
  error instanceof DeployError ? error.message : `it cannot be read (${errnoOf(error)})`;
