import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Passwords of instances, each a file that only its owner can read: not part of the state. */
export const createPasswords = (fileOf: (name: string) => string) => ({
  /** Made when it is asked for first. */
  get: (name: string): string => {
    const file = fileOf(name);
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, randomUUID(), { mode: 0o600 });
    }
    return readFileSync(file, "utf8");
  },
  remove: (name: string): void => rmSync(fileOf(name), { force: true }),
});
