// What a killed cloud may have left: a server that still runs on its data, or its lock file.
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export type StaleProcess = {
  /** Starts with the process's id. */
  readonly pidFile: string;
  /** Its working folder: whatever else has that id by now works elsewhere. */
  readonly dir: string;
  readonly stopSignal: NodeJS.Signals;
};

const patienceMs = 10_000;
const pollMs = 20;

/** Ends a server that still runs in the folder, and removes its file once nobody holds it. */
export async function endStaleProcess({ pidFile, dir, stopSignal }: StaleProcess, signal: AbortSignal): Promise<void> {
  const pid = readPid(pidFile);
  if (pid !== undefined && runsIn(pid, dir)) {
    process.kill(pid, stopSignal);
    if (!(await hasGone(pid, dir, signal)) && !signal.aborted) process.kill(pid, "SIGKILL");
    await hasGone(pid, dir, signal);
  }
  if (pid === undefined || !runsIn(pid, dir)) rmSync(pidFile, { force: true });
}

function readPid(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
  return pid > 1 ? pid : undefined;
}

/** Without /proc nobody is taken for one: the servers then refuse what another holds by themselves. */
function runsIn(pid: number, dir: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dir);
  } catch {
    return false;
  }
}

async function hasGone(pid: number, dir: string, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (runsIn(pid, dir)) {
    if (Date.now() > deadline || signal.aborted) return false;
    await delay(pollMs);
  }
  return true;
}
