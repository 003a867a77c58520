// The folder that holds the cloud's state belongs to one process at a time, and says to which.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LocalCloudError } from "../local-cloud-error.ts";

/** `server.json` in the data folder: how its commands find a running cloud. */
export type ServerInfo = {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly startedAt: string;
};

const lockFile = (dataDir: string): string => join(dataDir, "lock");
const serverFile = (dataDir: string): string => join(dataDir, "server.json");

/**
 * State and start time of a process; the time, in clock ticks since boot, tells it from a later one of the same id.
 * Undefined where there is none, or no /proc.
 */
const statOf = (pid: number): { readonly isZombie: boolean; readonly startTime: string | undefined } | undefined => {
  try {
    // Fields after the name, which may hold spaces and parentheses: proc(5), fields 3 and 22.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { isZombie: fields[0] === "Z", startTime: fields[19] };
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

type Holder = { readonly pid: number; readonly startTime?: string | undefined };

const readHolder = (file: string): Holder | undefined => {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Holder;
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
};

/** The process that a lock names; undefined where there is no lock, or the process has ended. */
const holderOf = (file: string): number | undefined => {
  const holder = readHolder(file);
  if (holder === undefined || !isAlive(holder.pid)) return undefined;
  const stat = statOf(holder.pid);
  const isAnother =
    stat?.startTime !== undefined && holder.startTime !== undefined && stat.startTime !== holder.startTime;
  return stat?.isZombie || isAnother ? undefined : holder.pid;
};

const lockedError = (dataDir: string, pid: number): LocalCloudError =>
  new LocalCloudError("data-dir-locked", `${dataDir} is in use by process ${pid}`, {
    subject: dataDir,
    hint: `stop that local cloud first (its address is in ${serverFile(dataDir)}), or use another folder`,
  });

/** What only one process does at a time on a folder. The system ends the lock of SQLite with the process, however it ends. */
const alone = (dataDir: string, work: () => void): void => {
  const mutex = new DatabaseSync(join(dataDir, "lock.mutex"), { timeout: 10_000 });
  try {
    mutex.exec("BEGIN EXCLUSIVE");
    work();
  } finally {
    mutex.close();
  }
};

/** Of several that find a dead process's lock, one takes it. */
const takeLock = (dataDir: string): void =>
  alone(dataDir, () => {
    const holder = holderOf(lockFile(dataDir));
    if (holder !== undefined) throw lockedError(dataDir, holder);
    const draft = `${lockFile(dataDir)}.new`;
    const lock: Holder = { pid: process.pid, startTime: statOf(process.pid)?.startTime };
    writeFileSync(draft, JSON.stringify(lock), { mode: 0o600 });
    renameSync(draft, lockFile(dataDir));
  });

/**
 * Creates the folder where it is missing and takes it; returns what gives it back. Throws LocalCloudError
 * `data-dir-locked` with the holder's process id, or `data-dir-unusable`.
 */
export const lockDataDir = (dataDir: string): (() => void) => {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    takeLock(dataDir);
  } catch (error) {
    if (error instanceof LocalCloudError) throw error;
    throw new LocalCloudError("data-dir-unusable", `cannot use ${dataDir}: ${(error as Error).message}`, {
      subject: dataDir,
      hint: "name a folder that can be created and written",
      cause: error,
    });
  }
  return () => {
    rmSync(serverFile(dataDir), { force: true });
    rmSync(lockFile(dataDir), { force: true });
  };
};

export const writeServerInfo = (dataDir: string, info: ServerInfo): void => {
  const temporary = `${serverFile(dataDir)}.new`;
  writeFileSync(temporary, `${JSON.stringify(info, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, serverFile(dataDir));
};

/** What the cloud that runs on this folder wrote; undefined where none runs. */
export const readServerInfo = (dataDir: string): ServerInfo | undefined => {
  if (holderOf(lockFile(dataDir)) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(serverFile(dataDir), "utf8")) as ServerInfo;
  } catch {
    return undefined;
  }
};
