import { findExecutable } from "./find-executable.ts";

export type Command = { readonly file: string; readonly args: readonly string[] };

/**
 * The command, sent `signal` by the kernel when this process ends in any way, `kill -9` too. Linux with util-linux'
 * `setpriv` only; elsewhere the command as it is, and whoever starts next on its files finds the old process.
 */
export function diesWithParent(command: Command, signal: "SIGINT" | "SIGTERM"): Command {
  const setpriv = process.platform === "linux" ? findExecutable("setpriv") : undefined;
  if (!setpriv) return command;
  return { file: setpriv, args: ["--pdeathsig", signal.slice("SIG".length), "--", command.file, ...command.args] };
}
