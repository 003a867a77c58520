// Starts containers: the image's layers made ready, its configuration and the caller's put together, the output captured.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { captureOutput } from "./capture-output.ts";
import { chooseDriver, type DriverName } from "./choose-driver.ts";
import { imageEnvironment, resolveCommand } from "./container-command.ts";
import type { ContainerDriver, ContainerMount, ProcessExit } from "./container-driver.ts";
import { type ContainerUser, resolveUser } from "./container-user.ts";
import { findExecutable } from "./find-executable.ts";
import type { ImageConfig, ImageSource, ResolvedImage } from "./image-source.ts";
import { createLayerStore } from "./layer-store.ts";
import type { LogSource, LogStream } from "./log-entry.ts";
import type { LogStore } from "./log-store.ts";
import { createProcessGuard } from "./process-guard.ts";
import { type Lowers, readTextInImage } from "./rootfs-view.ts";
import { RuntimeError } from "./runtime-error.ts";

export type ContainerRequest = {
  /** Unique among what runs; letters, digits and dashes. */
  readonly id: string;
  readonly image: ResolvedImage;
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Empty: the image's. */
  readonly workingDir: string;
  /** Over the image's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly mounts: readonly ContainerMount[];
  readonly log: LogSource;
};

export type RunningContainer = {
  readonly id: string;
  readonly pid: number;
  /** Resolves when it has ended and all that it wrote is in the log. */
  readonly exited: Promise<ProcessExit>;
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void;
  /** SIGTERM, and SIGKILL after the grace that Cloud Run gives. */
  readonly stop: () => Promise<ProcessExit>;
};

export type ContainerRuntime = {
  readonly logs: LogStore;
  readonly images: ImageSource;
  /** Unpacks an image's layers ahead of its first start. @throws {RuntimeError} */
  readonly prepare: (image: ResolvedImage) => Promise<void>;
  /** @throws {RuntimeError} */
  readonly start: (request: ContainerRequest, signal: AbortSignal) => Promise<RunningContainer>;
  /** Writes a line of the platform's own, as Cloud Run does in `varlog/system`. */
  readonly report: (
    source: LogSource,
    severity: "INFO" | "WARNING" | "ERROR",
    text: string,
    stream?: LogStream,
  ) => void;
  /** Ends what a killed cloud left behind and finds out how containers can run here. */
  readonly open: () => Promise<void>;
  /** Ends all containers, with their grace. */
  readonly close: () => Promise<void>;
};

export type ContainerRuntimeOptions = {
  /** Absolute; below the cloud's data. */
  readonly stateDir: string;
  readonly images: ImageSource;
  readonly logs: LogStore;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly driver?: DriverName;
  /** Default 10 s: https://cloud.google.com/run/docs/container-contract#instance-shutdown */
  readonly graceMs?: number;
};

/** Layers that no start needed for so long are unpacked again when one does. */
const keepLayersMs = 30 * 24 * 3600 * 1000;

const userOf = (lowers: Lowers, { config }: ImageConfig): ContainerUser =>
  resolveUser(config?.User ?? "", readTextInImage(lowers, "/etc/passwd"), readTextInImage(lowers, "/etc/group"));

const argvOf = (lowers: Lowers, request: ContainerRequest, path: string, cwd: string): readonly string[] => {
  const [command, ...args] = resolveCommand(request.image.config, request);
  if (command === undefined)
    throw new RuntimeError("command-missing", "the image has no entrypoint, and no command was given");
  return [findExecutable({ lowers, command, path, cwd }), ...args];
};

/** Waits for the exit, and sends SIGKILL once the grace is over. */
const stopWithGrace = async (
  exited: Promise<ProcessExit>,
  kill: (signal: "SIGTERM" | "SIGKILL") => void,
  graceMs: number,
): Promise<ProcessExit> => {
  kill("SIGTERM");
  const timer = setTimeout(() => kill("SIGKILL"), graceMs);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
};

export function createContainerRuntime(options: ContainerRuntimeOptions): ContainerRuntime {
  const { stateDir, images, logs, now, graceMs = 10_000 } = options;
  const guard = createProcessGuard(`${stateDir}/processes`);
  const closing = new AbortController();
  const layers = createLayerStore({ stateDir, images, signal: closing.signal });
  const running = new Set<RunningContainer>();
  let driver: Promise<ContainerDriver> | undefined;
  let closeDriver = (): void => {};

  const openDriver = async (): Promise<ContainerDriver> => {
    const choice = await chooseDriver({ stateDir, ...(options.driver && { only: options.driver }) });
    if (choice.warning !== undefined) options.log(`warning: ${choice.warning}`);
    closeDriver = choice.close;
    return choice.driver;
  };
  const currentDriver = (): Promise<ContainerDriver> => {
    driver ??= openDriver();
    return driver;
  };

  const start = async (request: ContainerRequest, signal: AbortSignal): Promise<RunningContainer> => {
    const { id, image, log, memoryBytes, mounts } = request;
    const lowers = await layers.prepare(image);
    const user = userOf(lowers, image.config);
    const env: Readonly<Record<string, string>> = {
      HOME: user.home,
      ...imageEnvironment(image.config),
      ...request.env,
    };
    const cwd = request.workingDir || image.config.config?.WorkingDir || "/";
    const argv = argvOf(lowers, request, env["PATH"] ?? "", cwd);
    signal.throwIfAborted();
    const { kind: driverKind, start: startProcess } = await currentDriver();
    const process = await startProcess({ id, lowers, argv, env, cwd, user, memoryBytes, mounts });
    guard.remember(id, process.pid, driverKind === "host");
    const written = Promise.all([
      captureOutput(process.stdout, "stdout", log, logs),
      captureOutput(process.stderr, "stderr", log, logs),
    ]);
    const exited = process.exited.then(async (exit) => {
      guard.forget(id);
      await written;
      running.delete(container);
      return exit;
    });
    const { kill } = process;
    const container: RunningContainer = {
      id,
      pid: process.pid,
      exited,
      kill,
      stop: () => stopWithGrace(exited, kill, graceMs),
    };
    running.add(container);
    return container;
  };

  return {
    logs,
    images,
    start,
    prepare: async (image) => {
      await layers.prepare(image);
    },
    report: (source, severity, text, stream = "system") => {
      logs.append(source, stream, { severity, textPayload: text, labels: {} });
    },
    open: async () => {
      const ended = guard.endLeftOvers();
      if (ended > 0) options.log(`ended ${ended} containers that an earlier run left behind`);
      rmSync(join(stateDir, "instances"), { recursive: true, force: true });
      layers.prune(new Date(now().getTime() - keepLayersMs));
      await currentDriver();
    },
    close: async () => {
      closing.abort(new Error("the local cloud stops"));
      await Promise.all([...running].map((container) => container.stop()));
      closeDriver();
      logs.close();
    },
  };
}
