// Files that hold contents too large for a row. A file is written in full before a row names it, and removed after the
// row is gone; what a killed process left in between is swept at the next start.
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

export type ContentFiles = {
  /** A name that no file has or had. */
  readonly newName: () => string;
  readonly path: (file: string) => string;
  /** Opens a new or a partial file for writing. */
  readonly openForWriting: (file: string) => Promise<FileHandle>;
  /** Undefined where it is gone. */
  readonly openForReading: (file: string) => Promise<FileHandle | undefined>;
  /** Resolves also where there is none. */
  readonly remove: (file: string) => Promise<void>;
  /** Removes files of former processes of which `isNamed` knows nothing. */
  readonly sweep: (isNamed: (file: string) => boolean) => Promise<void>;
};

export const createContentFiles = (folder: string): ContentFiles => {
  mkdirSync(folder, { recursive: true });
  const run = randomBytes(6).toString("hex");
  let count = 0;
  const path = (file: string): string => join(folder, file);
  const remove = (file: string): Promise<void> => rm(path(file), { force: true });
  return {
    newName: () => {
      count += 1;
      return `${run}-${count.toString(16)}`;
    },
    path,
    openForWriting: (file) => open(path(file), "a+", 0o600),
    openForReading: async (file) => {
      try {
        return await open(path(file), "r");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    remove,
    sweep: async (isNamed) => {
      for (const file of await readdir(folder)) {
        if (!file.startsWith(`${run}-`) && !isNamed(file)) await remove(file);
      }
    },
  };
};
