// Memory of running processes, as Linux tells it: https://docs.kernel.org/filesystems/proc.html
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const field = (file: string, name: string): number => {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8")) ?? [];
  if (kilobytes === undefined) throw new Error(`${file} has no ${name}`);
  return Number(kilobytes) * 1024;
};

export const residentBytes = (pid: number): number => field(`/proc/${pid}/status`, "VmRSS");

/** How far the process's memory grows beyond what it is now while `work` is done. */
export async function growthDuring(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentBytes(pid);
  // "5": the peak is from now on.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await work();
  return Math.max(0, field(`/proc/${pid}/status`, "VmHWM") - before);
}

/** proc(5): the parent is the second field after the name, which may hold spaces and parentheses. */
const parentOf = (pid: string): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
};

const processes = (): readonly { readonly pid: number; readonly parent: number }[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid: Number(pid), parent: parentOf(pid) }];
      } catch {
        return []; // ended meanwhile
      }
    });

/** Of a process and all below it. Pages that several share count once. */
export function treeBytes(root: number): number {
  const all = processes();
  const below = (pid: number): readonly number[] => [
    pid,
    ...all.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid)),
  ];
  return below(root).reduce((sum, pid) => sum + field(`/proc/${pid}/smaps_rollup`, "Pss"), 0);
}
