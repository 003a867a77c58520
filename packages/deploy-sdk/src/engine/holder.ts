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

/** True only where it is certain: the same process namespace, and no such process in it. */
export function isDead(holder: Pick<Holder, "pid" | "scope">, observer: Pick<Holder, "scope">): boolean {
  if (holder.scope === undefined || holder.scope !== observer.scope) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
