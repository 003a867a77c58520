import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** Absolute path of a command on PATH, or in one of the folders that come after it. */
export function findExecutable(name: string, folders: readonly string[] = []): string | undefined {
  const searched = [...(process.env["PATH"] ?? "").split(delimiter).filter(Boolean), ...folders];
  return searched.map((folder) => join(folder, name)).find(isExecutable);
}
