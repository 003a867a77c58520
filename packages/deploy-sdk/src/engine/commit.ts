import { type ExecFileException, execFile } from "node:child_process";
import { promisify } from "node:util";
import { DeployError } from "../deploy-error.ts";
import type { Commit } from "../types.ts";

const run = promisify(execFile);

/**
 * The commit that is checked out in `workspace`, and whether there is more than it.
 * @throws {DeployError} `usage` outside of a repository or without git, `aborted` where git itself was ended by a signal.
 */
export async function readCommit(workspace: string, signal: AbortSignal): Promise<Commit> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run("git", args, { cwd: workspace, signal, timeout: 20_000, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  try {
    const [sha, changes] = await Promise.all([
      git("rev-parse", "HEAD"),
      git("--no-optional-locks", "status", "--porcelain", "--untracked-files=normal"),
    ]);
    return { sha, dirty: changes !== "" };
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable(workspace, cause);
  }
}

/** A signal to all processes of a command may end git before it is heard here: that is no missing repository. */
function unreadable(workspace: string, cause: unknown): DeployError {
  const { code, killed, signal, stderr } = cause as Partial<ExecFileException>;
  const subject = `workspace ${workspace}`;
  if (signal && !killed) return new DeployError("aborted", { subject, message: `git was ended by ${signal}`, cause });
  const details = (stderr ?? "").split("\n").filter((line) => line.trim() !== "");
  const message = "its commit could not be read: a release names the commit that it was made from";
  return new DeployError("usage", { subject, message, hint: hintFor(workspace, code, stderr), details, cause });
}

function hintFor(workspace: string, code: unknown, stderr = ""): string {
  if (code === "ENOENT") return "install git";
  // Frequent in containers, where the checkout has another owner. A new repository would hide the one that is there.
  if (/safe\.directory|dubious ownership/.test(stderr)) return `git config --global --add safe.directory ${workspace}`;
  return "git init && git add . && git commit -m start";
}
