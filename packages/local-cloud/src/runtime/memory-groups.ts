// Memory limits by the kernel's control groups, where this process may make them (root). Version 1 and 2.
// https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v2.html
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type MemoryGroup = {
  /** The process that writes its id here, and its children, are limited. */
  readonly procsFile: string;
  /** Bytes in use when the kernel ended a process of the group; undefined: it never did. */
  readonly killedAt: () => number | undefined;
  readonly remove: () => void;
};

export type MemoryGroups = {
  readonly create: (id: string, limitBytes: number) => MemoryGroup;
  /** Removes what is empty. */
  readonly close: () => void;
};

type Version = {
  readonly limit: (dir: string, bytes: number) => void;
  readonly kills: (dir: string) => number;
  readonly peakFile: string;
};

const prefix = "local-cloud-";

const readNumber = (file: string): number => {
  try {
    return Number(readFileSync(file, "utf8").trim()) || 0;
  } catch {
    return 0; // the group is gone, or an older kernel has no such file
  }
};

/** `oom_kill 3` among other lines. */
const readKills = (file: string): number => {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

const writeIfThere = (file: string, value: string): void => {
  if (existsSync(file)) writeFileSync(file, value);
};

const version1: Version = {
  limit: (dir, bytes) => {
    writeFileSync(join(dir, "memory.limit_in_bytes"), String(bytes));
    writeIfThere(join(dir, "memory.memsw.limit_in_bytes"), String(bytes));
  },
  kills: (dir) => readKills(join(dir, "memory.oom_control")),
  peakFile: "memory.max_usage_in_bytes",
};

const version2: Version = {
  limit: (dir, bytes) => {
    writeFileSync(join(dir, "memory.max"), String(bytes));
    writeIfThere(join(dir, "memory.swap.max"), "0");
    writeIfThere(join(dir, "memory.oom.group"), "1"); // Cloud Run ends the whole container
  },
  kills: (dir) => readKills(join(dir, "memory.events")),
  peakFile: "memory.peak",
};

const removeEmpty = (dir: string): void => {
  try {
    rmdirSync(dir);
  } catch {
    // Still in use, by a process that is just ending: the next start removes it.
  }
};

/** A folder for our groups: below our own group (version 1), or at the top, where the controller can be handed down (version 2). */
const makeParent = (root: string): { dir: string; version: Version } | undefined => {
  const own = /^\d+:memory:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  if (own !== undefined) {
    const dir = join(root, "memory", own, `${prefix}${process.pid}`);
    mkdirSync(dir, { recursive: true });
    return existsSync(join(dir, "memory.limit_in_bytes")) ? { dir, version: version1 } : undefined;
  }
  const dir = join(root, `${prefix}${process.pid}`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "cgroup.subtree_control"), "+memory");
  return existsSync(join(dir, "memory.max")) ? { dir, version: version2 } : undefined;
};

/** May be gone already: another cloud removes the left-overs too. */
const removeWithChildren = (dir: string): void => {
  if (!existsSync(dir)) return;
  for (const child of readdirSync(dir, { withFileTypes: true }))
    if (child.isDirectory()) removeEmpty(join(dir, child.name));
  removeEmpty(dir);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Those of clouds that are no more. The folder of one that runs is its own, also while nothing is in it. */
export const removeLeftOvers = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const pid = Number(name.slice(prefix.length));
    if (name.startsWith(prefix) && !isAlive(pid)) removeWithChildren(join(parent, name));
  }
};

/** Undefined where the groups cannot be made: no right, no controller, another system. */
export function openMemoryGroups(root = "/sys/fs/cgroup"): MemoryGroups | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  try {
    const parent = makeParent(root);
    if (parent === undefined) return undefined;
    removeLeftOvers(dirname(parent.dir));
    return createGroups(parent.dir, parent.version);
  } catch {
    return undefined; // read-only control groups, as in most containers
  }
}

const createGroups = (parent: string, version: Version): MemoryGroups => ({
  create: (id, limitBytes) => {
    const dir = join(parent, id);
    mkdirSync(dir);
    version.limit(dir, limitBytes);
    return {
      procsFile: join(dir, "cgroup.procs"),
      killedAt: () => (version.kills(dir) === 0 ? undefined : readNumber(join(dir, version.peakFile)) || limitBytes),
      remove: () => removeEmpty(dir),
    };
  },
  close: () => removeWithChildren(parent),
});
