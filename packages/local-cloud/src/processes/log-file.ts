import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";

const maxLogBytes = 4 * 1024 ** 2;

export type LogFile = { readonly fd: number; readonly close: () => void };

/** Appends; what grew too large is kept once more as `.old`. */
export function openLogFile(file: string): LogFile {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) {
    rmSync(`${file}.old`, { force: true });
    renameSync(file, `${file}.old`);
  }
  const fd = openSync(file, "a", 0o600);
  return { fd, close: () => closeSync(fd) };
}
