// Containers of a started stack, as the machine's process table has them.
import { readdirSync, readFileSync } from "node:fs";

export type ContainerProcess = {
  readonly pid: number;
  readonly argv: readonly string[];
  /** Revision that it belongs to. */
  readonly revision: string;
};

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
};

/** Parents by pid: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name before them may hold anything. */
const parents = (): ReadonlyMap<number, number> =>
  new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/\) \S (\d+) [^)]*$/.exec(read(Number(name), "stat"))?.[1] ?? 0)]),
  );

function isBelow(pid: number, ancestor: number, of: ReadonlyMap<number, number>): boolean {
  for (let parent = of.get(pid); parent; parent = of.get(parent)) if (parent === ancestor) return true;
  return false;
}

const variable = (pid: number, name: string): string | undefined =>
  read(pid, "environ")
    .split("\0")
    .find((entry) => entry.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Every process below `ancestor`. */
export function descendants(ancestor: number): readonly number[] {
  const of = parents();
  return [...of.keys()].filter((pid) => isBelow(pid, ancestor, of));
}

/** Not ended: what its parent has not asked after yet is no longer there for anybody else. */
export const isRunning = (pid: number): boolean => /\) [^ZX] \d+ [^)]*$/.test(read(pid, "stat"));

/** Processes below `ancestor` that run in a container of Cloud Run. */
export const containerProcesses = (ancestor: number): readonly ContainerProcess[] =>
  descendants(ancestor).flatMap((pid) => {
    const revision = variable(pid, "K_REVISION") ?? variable(pid, "CLOUD_RUN_WORKER_POOL_REVISION");
    return revision ? [{ pid, revision, argv: read(pid, "cmdline").split("\0").filter(Boolean) }] : [];
  });
