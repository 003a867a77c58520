// One process a run that releases its units (tools/scripts/src/units): each task would load the SDK anew, and most of them
// one after the other.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type UnitServer = {
  /** Where the tasks of the run reach it. */
  readonly socket: string;
  /**
   * Resolves when it is gone, to the exit code of the first unit that failed. It ends by itself when this process does,
   * after what is under way.
   */
  readonly end: () => Promise<number | undefined>;
};

/** As its tasks end then. */
const killedExitCode = 130;

export function startUnitServer(workspace: string): UnitServer {
  const folder = mkdtempSync(join(tmpdir(), "slipway-units-"));
  const socket = join(folder, "socket");
  const child = fork(join(workspace, "tools/scripts/src/main.mjs"), ["units", socket], {
    cwd: workspace,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("error", () => resolve()).once("exit", () => resolve()));
  // Tasks that find no folder release by themselves.
  void gone.then(() => rmSync(folder, { recursive: true, force: true }));
  let failed: number | undefined;
  // Its own is that of a stack or an environment that no task can use either.
  child.once("exit", (exitCode, signal) => {
    failed ??= signal ? killedExitCode : exitCode || undefined;
  });
  child.on("message", (exitCode) => {
    failed ??= Number(exitCode);
  });
  child.unref();
  child.channel?.unref();
  return {
    socket,
    end: () => {
      // Waited for, so that nothing of the run outlives it; without this Node would end here, and with exit code 0.
      child.ref();
      if (child.connected) child.disconnect();
      return gone.then(() => failed);
    },
  };
}

/** Does a command line of Nx name one of these targets? `-t deploy`, `--targets=test,deploy`, `run backend:image`, `deploy backend`. */
export const namesTarget = (argv: readonly string[], targets: ReadonlySet<string>): boolean =>
  argv.some((word) => word.split(/[=,:]/).some((part) => targets.has(part)));
