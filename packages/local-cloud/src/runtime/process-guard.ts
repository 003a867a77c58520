// Remembers which processes were started, so that what a killed cloud left behind is ended when it starts again.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type ProcessGuard = {
  /** @param group is it the leader of a process group that ends with it? */
  readonly remember: (id: string, pid: number, group: boolean) => void;
  readonly forget: (id: string) => void;
  /** Ends every remembered process that is still the same one. Returns how many there were. */
  readonly endLeftOvers: () => number;
};

type Remembered = { readonly pid: number; readonly group: boolean; readonly startedAt: string };

/** Field 22 of /proc/PID/stat: with it, a number that was given to another process since is not mistaken. */
const startTime = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
};

const parseRemembered = (file: string): Remembered | undefined => {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Remembered;
  } catch {
    return undefined;
  }
};

const end = ({ pid, group, startedAt }: Remembered): boolean => {
  if (startTime(pid) !== startedAt) return false;
  try {
    process.kill(group ? -pid : pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
};

export function createProcessGuard(dir: string): ProcessGuard {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = (id: string): string => join(dir, `${id}.json`);
  return {
    remember: (id, pid, group) => {
      const startedAt = startTime(pid);
      if (startedAt !== undefined)
        writeFileSync(file(id), JSON.stringify({ pid, group, startedAt } satisfies Remembered));
    },
    forget: (id) => rmSync(file(id), { force: true }),
    endLeftOvers: () => {
      const names = readdirSync(dir).filter((name) => name.endsWith(".json"));
      const ended = names.filter((name) => {
        const remembered = parseRemembered(join(dir, name));
        rmSync(join(dir, name), { force: true });
        return remembered !== undefined && end(remembered);
      });
      return ended.length;
    },
  };
}
