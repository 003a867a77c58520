// Finds out, once, how containers can be run on this machine, and says so where it is not the usual way.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../processes/run-program.ts";
import { createBubblewrapDriver, type OverlayMode } from "./bubblewrap.ts";
import type { ContainerDriver } from "./container-driver.ts";
import { createHostDriver } from "./host-process.ts";
import { openMemoryGroups } from "./memory-groups.ts";

export type DriverName = ContainerDriver["kind"];

export type DriverChoice = {
  readonly driver: ContainerDriver;
  /** What a person should know of it, with the fix; undefined for the usual way. */
  readonly warning: string | undefined;
  readonly close: () => void;
};

export type ChooseDriverOptions = {
  readonly stateDir: string;
  /** Only this one, instead of the first that works. */
  readonly only?: DriverName;
};

const probeTimeoutMs = 10_000;

const works = async (command: string, args: readonly string[], cwd = "/"): Promise<boolean> => {
  try {
    await runProgram(command, args, { cwd, timeoutMs: probeTimeoutMs });
    return true;
  } catch {
    return false;
  }
};

const readSetting = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
};

const sandboxProbe = [
  "--unshare-user",
  "--unshare-pid",
  "--uid",
  "1000",
  "--ro-bind",
  "/",
  "/",
  "--proc",
  "/proc",
  "--",
  "true",
];

/** Why bubblewrap cannot run here, with the command that lets it. */
const explainRefusal = async (): Promise<string> => {
  if (process.platform !== "linux") return "bubblewrap runs on Linux only";
  if (!(await works("bwrap", ["--version"]))) return "bubblewrap is not installed: sudo apt-get install bubblewrap";
  if (readSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return "AppArmor forbids unprivileged user namespaces (Ubuntu 23.10 and later): sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (readSetting("/proc/sys/kernel/unprivileged_userns_clone") === "0") {
    return "the kernel forbids unprivileged user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1";
  }
  if (readSetting("/proc/sys/user/max_user_namespaces") === "0") {
    return "the kernel allows no user namespaces: sudo sysctl -w user.max_user_namespaces=15000";
  }
  return "bubblewrap cannot make a sandbox here (in a container it needs the right to make user namespaces)";
};

const overlayProbe = `set -e
mount -n -t tmpfs local-cloud mount
mkdir mount/upper mount/work mount/root
mount -n -t overlay -o "$1lowerdir=lower,upperdir=mount/upper,workdir=mount/work" local-cloud mount/root
touch mount/root/written
bwrap --bind mount/root / --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /bin /bin --unshare-user --uid 1000 -- /usr/bin/env true`;

/** Are overlays allowed, as the user root or in a user namespace of our own? */
const findOverlayMode = async (stateDir: string): Promise<OverlayMode> => {
  const dir = mkdtempSync(join(stateDir, "probe-"));
  try {
    for (const name of ["mount", "lower"]) mkdirSync(join(dir, name));
    const isRoot = process.getuid?.() === 0;
    const namespaces = isRoot ? [] : ["--user", "--map-root-user"];
    const options = isRoot ? "" : "userxattr,";
    const args = [...namespaces, "--mount", "--propagation", "private", "--", "sh", "-c", overlayProbe, "sh", options];
    if (!(await works("unshare", args, dir))) return "copy";
    return isRoot ? "root" : "user";
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const hostWarning = (why: string): string =>
  `containers run as plain processes of this machine, without a sandbox, because ${why}`;

const chooseHost = (options: ChooseDriverOptions, warning: string | undefined): DriverChoice => ({
  driver: createHostDriver(options),
  warning,
  close: () => {},
});

/** The first driver that works here: bubblewrap, else a host process. Costs about 50 ms. */
export async function chooseDriver(options: ChooseDriverOptions): Promise<DriverChoice> {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  if (options.only === "host") return chooseHost(options, hostWarning("they were asked to"));
  if (!(await works("bwrap", sandboxProbe))) return chooseHost(options, hostWarning(await explainRefusal()));
  const overlay = await findOverlayMode(options.stateDir);
  const memoryGroups = openMemoryGroups();
  return {
    driver: createBubblewrapDriver({ stateDir: options.stateDir, overlay, memoryGroups }),
    warning:
      overlay === "copy"
        ? "overlay mounts are not allowed here: every instance gets a copy of its image's files"
        : undefined,
    close: () => memoryGroups?.close(),
  };
}
