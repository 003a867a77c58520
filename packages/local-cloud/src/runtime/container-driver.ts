// The contract between the runtime and the ways to run a container's process on this machine.
import type { Readable } from "node:stream";
import type { ContainerUser } from "./container-user.ts";
import type { Lowers } from "./rootfs-view.ts";

/** What a container finds at `target`, an absolute path in it. */
export type ContainerMount =
  /** A folder of this machine, read only; sockets in it can be connected to. */
  | { readonly kind: "folder"; readonly source: string; readonly target: string }
  /** An empty folder in memory. */
  | { readonly kind: "memory"; readonly target: string; readonly sizeBytes?: number }
  /** A folder with these files, by relative path; in memory wherever a driver can mount. */
  | { readonly kind: "files"; readonly target: string; readonly files: readonly ContainerFile[] };

export type ContainerFile = { readonly path: string; readonly mode: number; readonly content: Buffer };

export type ProcessSpec = {
  /** Unique among what runs; letters, digits and dashes. */
  readonly id: string;
  /** The image's layers, the topmost first. They are never written to. */
  readonly lowers: Lowers;
  /** The first is an absolute path in the image. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: ContainerUser;
  readonly memoryBytes: number;
  readonly mounts: readonly ContainerMount[];
};

export type ProcessExit = {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** Set when it was ended for taking more memory than it may. */
  readonly outOfMemory: { readonly usedBytes: number } | undefined;
};

export type StartedProcess = {
  /** As this machine counts. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ProcessExit>;
  /** To the container's first process; nothing once it has exited. */
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void;
};

export type ContainerDriver = {
  readonly kind: "bubblewrap" | "host";
  /** Resolves when the process runs. @throws {RuntimeError} start-failed */
  readonly start: (spec: ProcessSpec) => Promise<StartedProcess>;
};
