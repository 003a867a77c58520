// Who holds a lock: enough to tell a person whom to ask, and a process on the same machine whether the holder is dead.
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";

export type Holder = {
  /** Unique for each process and acquisition. */
  readonly id: string;
  /** Person or account: `ci@runner`. */
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** Names the running kernel and process namespace in which `pid` means something; undefined where that is unknown. */
  readonly scope: string | undefined;
};

export const createHolder = (): Holder => ({
  id: randomUUID(),
  name: holderName(),
  host: hostname(),
  pid: process.pid,
  scope: processScope(),
});

function holderName(): string {
  // GitHub's runners all have the same user: there the person who started the workflow says more.
  const actor = process.env["GITHUB_ACTOR"];
  if (actor) return actor;
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** Linux only: two containers on one machine share the boot id but not the namespace. */
function processScope(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/**
 * True only where it is certain: the same process namespace, and no such process in it, or one that has ended and that
 * nobody has waited for, as in a container whose first process does not reap.
 */
export function isDead(holder: Pick<Holder, "pid" | "scope">, observer: Pick<Holder, "scope">): boolean {
  if (holder.scope === undefined || holder.scope !== observer.scope) return false;
  try {
    process.kill(holder.pid, 0);
    return hasEnded(holder.pid);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** proc(5): the state follows the name, which may hold spaces and parentheses. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
