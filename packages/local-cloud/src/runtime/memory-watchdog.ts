// Memory limits where the kernel's groups cannot be used: looks at what a process and its children hold, and ends them.
import { readdirSync, readFileSync } from "node:fs";

const pageBytes = 4096;
const intervalMs = 500;

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has just ended
  }
};

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
};

/** Resident bytes of a process and all below it, without what they share with files. Linux only; elsewhere 0. */
export function residentBytes(pid: number): number {
  const [, resident = 0, shared = 0] = read(`/proc/${pid}/statm`).split(" ").map(Number);
  const own = Math.max(0, resident - shared) * pageBytes;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own);
}

/** Calls `onExceeded` once, with the bytes seen. Returns what stops it. */
export function watchMemory(pid: number, limitBytes: number, onExceeded: (usedBytes: number) => void): () => void {
  const timer = setInterval(() => {
    const usedBytes = residentBytes(pid);
    if (usedBytes <= limitBytes) return;
    clearInterval(timer);
    onExceeded(usedBytes);
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
