// The last resort where no sandbox can be made: the container's command as a plain process of this machine, in a copy of its
// image. No isolation: it sees this machine's files, and an absolute path of the image only where it is given as an argument.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { killGroup } from "../processes/kill-group.ts";
import type { ContainerDriver, ContainerMount, ProcessSpec, StartedProcess } from "./container-driver.ts";
import { copyTree } from "./copy-tree.ts";
import { removeInstanceRoot } from "./instance-root.ts";
import { watchMemory } from "./memory-watchdog.ts";
import { openOutputPipes } from "./output-pipes.ts";
import { parseExit } from "./process-exit.ts";
import { canonicalPath, type Lowers, resolveInImage } from "./rootfs-view.ts";
import { RuntimeError } from "./runtime-error.ts";

export type HostDriverOptions = { readonly stateDir: string };

/** Where on this machine a container's mounts are: its own folders in the copy, others where they are. */
const mountPlaces = ({ lowers, mounts }: ProcessSpec, root: string): readonly (readonly [string, string])[] =>
  mounts.map((mount) => [
    mount.target,
    mount.kind === "folder" ? mount.source : join(root, canonicalPath(lowers, mount.target)),
  ]);

/**
 * An argument or a variable that names something of the image gets that thing's place on this machine, and so does a
 * mount wherever it is named: in a socket's path, in a database's URL.
 */
const createTranslation = (spec: ProcessSpec, root: string): ((text: string) => string) => {
  const plain = mountPlaces(spec, root);
  const places = [...plain, ...plain.map((pair) => pair.map(encodeURIComponent) as [string, string])];
  return (text) => {
    const entry = text.startsWith("/") && text !== "/" ? resolveInImage(spec.lowers, text) : undefined;
    if (entry !== undefined) return join(root, entry.inside);
    return places.reduce((translated, [target, place]) => translated.replaceAll(target, place), text);
  };
};

const translatePath = (root: string, path: string): string =>
  [...path.split(":").map((dir) => join(root, dir)), path].join(":");

/** What can be given without mounting: folders of secrets in the copy. Sockets are reachable only where `target` can exist. */
const writeMount = (lowers: Lowers, root: string, mount: ContainerMount): void => {
  const target = join(root, canonicalPath(lowers, mount.target));
  mkdirSync(target, { recursive: true });
  if (mount.kind !== "files") return;
  for (const { path, mode, content } of mount.files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), content, { mode });
  }
};

/** The child ends when this process does, where the system can promise it. */
const withDeathSignal = (argv: readonly string[]): readonly string[] =>
  existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", ...argv] : argv;

const waitForSpawn = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child.pid ?? 0));
    child.once("error", (error) =>
      reject(new RuntimeError("start-failed", `the process could not be started: ${error.message}`)),
    );
  });

export function createHostDriver({ stateDir }: HostDriverOptions): ContainerDriver {
  const prepareRoot = async (dir: string, spec: ProcessSpec): Promise<string> => {
    const root = join(dir, "root");
    mkdirSync(root, { recursive: true, mode: 0o700 });
    for (const lower of [...spec.lowers].reverse()) await copyTree(lower, root);
    for (const mount of spec.mounts) writeMount(spec.lowers, root, mount);
    mkdirSync(join(root, canonicalPath(spec.lowers, spec.cwd)), { recursive: true });
    return root;
  };

  const start = async (spec: ProcessSpec): Promise<StartedProcess> => {
    const dir = join(stateDir, "instances", spec.id);
    const root = await prepareRoot(dir, spec);
    const pipes = await openOutputPipes(dir);
    const translate = createTranslation(spec, root);
    const [command = "", ...args] = withDeathSignal(spec.argv.map(translate));
    const env = Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, translate(value)]));
    const child = spawn(command, args, {
      cwd: join(root, canonicalPath(spec.lowers, spec.cwd)),
      env: { ...env, PATH: translatePath(root, spec.env["PATH"] ?? "") },
      stdio: ["ignore", pipes.stdout.write, pipes.stderr.write],
      detached: true, // a process group of its own, which is signalled as one
    });
    pipes.release();
    let exceeded: number | undefined;
    let stopWatching = (): void => {};
    const exited: StartedProcess["exited"] = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        stopWatching();
        if (child.pid !== undefined) killGroup(child.pid, "SIGKILL"); // what its first process left behind
        removeInstanceRoot(dir);
        resolve({
          ...parseExit(code, signal),
          outOfMemory: exceeded === undefined ? undefined : { usedBytes: exceeded },
        });
      });
    });
    const pid = await waitForSpawn(child).catch((error: unknown) => {
      removeInstanceRoot(dir);
      throw error;
    });
    const kill = (signal: "SIGTERM" | "SIGKILL"): void => {
      if (child.exitCode === null && child.signalCode === null) killGroup(pid, signal);
    };
    stopWatching = watchMemory(pid, spec.memoryBytes, (usedBytes) => {
      exceeded = usedBytes;
      kill("SIGKILL");
    });
    return { pid, stdout: pipes.stdout.read, stderr: pipes.stderr.read, exited, kill };
  };
  return { kind: "host", start };
}
