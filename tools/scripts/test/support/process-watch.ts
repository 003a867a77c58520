// What any user of a machine can see of its processes, watched for as long as something runs.
import { readdirSync, readFileSync } from "node:fs";

const everyMs = 25;

const readCommandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

/** A process becomes another program soon after it began: it is looked at so often, and then taken as known. */
const looks = 20;

/** Collects the command line of every process that there is; `stop` returns them. */
export function watchCommandLines(): { readonly stop: () => readonly string[] } {
  const lines = new Set<string>();
  let seen: ReadonlyMap<string, number> = new Map();
  const look = (): void => {
    const now = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
    seen = new Map(now.map((pid) => [pid, (seen.get(pid) ?? 0) + 1]));
    for (const pid of now) if ((seen.get(pid) ?? 0) <= looks) lines.add(readCommandLine(pid));
  };
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return [...lines];
    },
  };
}
