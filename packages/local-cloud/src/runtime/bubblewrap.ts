// Runs a container in a sandbox made by bubblewrap. Its root is an overlay of the image's layers, whose writable part is in
// memory and belongs to a mount namespace of its own: nothing is left on this machine when the process ends, however it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Readable, Writable } from "node:stream";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import type { ContainerDriver, ProcessSpec, StartedProcess } from "./container-driver.ts";
import { copyTree } from "./copy-tree.ts";
import { removeInstanceRoot, writeInstanceRoot } from "./instance-root.ts";
import type { MemoryGroup, MemoryGroups } from "./memory-groups.ts";
import { watchMemory } from "./memory-watchdog.ts";
import { type OutputPipes, openOutputPipes } from "./output-pipes.ts";
import { parseExit } from "./process-exit.ts";
import { RuntimeError } from "./runtime-error.ts";

/** How roots are made: `root` mounts as the user root, `user` in a user namespace, `copy` copies the image's files. */
export type OverlayMode = "root" | "user" | "copy";

export type BubblewrapOptions = {
  /** Absolute. Layers must lie in it. */
  readonly stateDir: string;
  readonly overlay: OverlayMode;
  /** Undefined: a watchdog looks at the memory in use. */
  readonly memoryGroups: MemoryGroups | undefined;
};

const argumentsDescriptor = 3;
const infoDescriptor = 4;
const firstDataDescriptor = 5;
/** Of the tools that prepare the sandbox; what the container sees is its own. */
const toolEnvironment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
const startTimeoutMs = 20_000;

// Arguments: file of the memory group or "", size of the writable part, mount point, options of the overlay; then the command.
const mountScript = `set -e
if [ -n "$1" ]; then echo $$ > "$1"; fi
mount -n -t tmpfs -o "size=$2,mode=0755" local-cloud "$3"
mkdir "$3/upper" "$3/work" "$3/root"
mount -n -t overlay -o "$4,upperdir=$3/upper,workdir=$3/work" local-cloud "$3/root"
shift 4
exec "$@"`;
const plainScript = 'if [ -n "$1" ]; then echo $$ > "$1"; fi; shift; exec "$@"';

type Invocation = { readonly command: string; readonly args: readonly string[]; readonly root: string };

const bwrapCommand = (options: readonly string[], argv: readonly string[]) => ({
  line: ["bwrap", "--args", String(argumentsDescriptor), "--info-fd", String(infoDescriptor), "--", ...argv],
  options,
});

const overlayInvocation = (
  stateDir: string,
  mode: OverlayMode,
  dir: string,
  spec: ProcessSpec,
  procsFile: string,
): Invocation => {
  // Relative to the state's folder: the kernel gives all options together one page, and takes colons and commas for its own.
  const lowers = [join(dir, "top"), ...spec.lowers].map((lower) => relative(stateDir, lower)).join(":");
  const options = mode === "user" ? `userxattr,lowerdir=${lowers}` : `lowerdir=${lowers}`;
  const namespaces = mode === "user" ? ["--user", "--map-root-user"] : [];
  return {
    command: "unshare",
    args: [
      ...[...namespaces, "--mount", "--propagation", "private", "--", "sh", "-c", mountScript, "sh"],
      ...[procsFile, String(spec.memoryBytes), "mount", options],
    ],
    root: join(stateDir, "mount", "root"),
  };
};

const prepareRoot = async (
  options: BubblewrapOptions,
  dir: string,
  spec: ProcessSpec,
  procsFile: string,
): Promise<Invocation> => {
  const top = join(dir, "top");
  mkdirSync(top, { recursive: true, mode: 0o755 });
  writeInstanceRoot(top, spec);
  if (options.overlay !== "copy") return overlayInvocation(options.stateDir, options.overlay, dir, spec, procsFile);
  const root = join(dir, "root");
  for (const source of [...spec.lowers].reverse().concat(top)) await copyTree(source, root);
  return { command: "sh", args: ["-c", plainScript, "sh", procsFile], root };
};

const writeAll = (stream: Writable, content: string | Buffer): void => {
  stream.on("error", () => {}); // it ended early: its exit says why
  stream.end(content);
};

/** The number that this machine knows the container's first process by; undefined where none was started. */
const readChildPid = async (info: Readable, child: ChildProcess): Promise<number | undefined> => {
  const timer = setTimeout(() => child.kill("SIGKILL"), startTimeoutMs);
  try {
    let text = "";
    for await (const chunk of info) text += String(chunk);
    return text === "" ? undefined : (JSON.parse(text) as { "child-pid"?: number })["child-pid"];
  } finally {
    clearTimeout(timer);
  }
};

const readReason = async (stderr: Readable): Promise<string> => {
  const chunks = await stderr.toArray();
  return Buffer.concat(chunks).toString().trim().slice(-500) || "it ended at once";
};

const spawnSandbox = (
  invocation: Invocation,
  spec: ProcessSpec,
  stateDir: string,
  pipes: OutputPipes,
): ChildProcess => {
  const { options, data } = bubblewrapArguments(spec, invocation.root, firstDataDescriptor);
  const { line } = bwrapCommand(options, spec.argv);
  const child = spawn(invocation.command, [...invocation.args, ...line], {
    cwd: stateDir,
    env: toolEnvironment,
    stdio: ["ignore", pipes.stdout.write, pipes.stderr.write, "pipe", "pipe", ...data.map(() => "pipe" as const)],
    // Or the terminal's Ctrl-C would end bwrap, and with it the container, without SIGTERM and its grace.
    detached: true,
  });
  if (child.pid !== undefined) {
    writeAll(child.stdio[argumentsDescriptor] as Writable, options.map((option) => `${option}\0`).join(""));
    for (const [index, content] of data.entries())
      writeAll(child.stdio[firstDataDescriptor + index] as Writable, content);
  }
  return child;
};

const killQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
};

const watchExit = (
  child: ChildProcess,
  release: () => void,
  outOfMemory: () => number | undefined,
): StartedProcess["exited"] =>
  new Promise((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      const usedBytes = code === 0 ? undefined : outOfMemory();
      release();
      resolve({ ...parseExit(code, signal), outOfMemory: usedBytes === undefined ? undefined : { usedBytes } });
    };
    child.once("exit", finish);
    child.once("error", () => finish(null, null));
  });

export function createBubblewrapDriver(options: BubblewrapOptions): ContainerDriver {
  const { stateDir, memoryGroups } = options;
  mkdirSync(join(stateDir, "mount"), { recursive: true, mode: 0o700 });

  const start = async (spec: ProcessSpec): Promise<StartedProcess> => {
    const dir = join(stateDir, "instances", spec.id);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const group: MemoryGroup | undefined = memoryGroups?.create(spec.id, spec.memoryBytes);
    let exceeded: number | undefined;
    let running = true;
    let stopWatching = (): void => {};
    const release = (): void => {
      running = false;
      stopWatching();
      group?.remove();
      removeInstanceRoot(dir);
    };
    try {
      const invocation = await prepareRoot(options, dir, spec, group?.procsFile ?? "");
      const pipes = await openOutputPipes(dir);
      const child = spawnSandbox(invocation, spec, stateDir, pipes);
      const exited = watchExit(child, release, () => exceeded ?? group?.killedAt());
      pipes.release();
      const pid = await readChildPid(child.stdio[infoDescriptor] as Readable, child);
      if (pid === undefined) {
        await exited;
        throw new RuntimeError("start-failed", `the sandbox could not be made: ${await readReason(pipes.stderr.read)}`);
      }
      const kill = (signal: "SIGTERM" | "SIGKILL"): void => {
        if (running) killQuietly(pid, signal);
      };
      if (group === undefined) {
        stopWatching = watchMemory(pid, spec.memoryBytes, (usedBytes) => {
          exceeded = usedBytes;
          kill("SIGKILL");
        });
      }
      return { pid, stdout: pipes.stdout.read, stderr: pipes.stderr.read, exited, kill };
    } catch (error) {
      release();
      if (error instanceof RuntimeError) throw error;
      throw new RuntimeError("start-failed", `the sandbox could not be made: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  return { kind: "bubblewrap", start };
}
