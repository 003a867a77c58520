import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DeployError } from "../deploy-error.ts";
import type { Commit } from "../types.ts";

const run = promisify(execFile);

/** The commit that is checked out in `workspace`, and whether there is more than it. @throws {DeployError} `usage` outside of a repository. */
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
    throw new DeployError("usage", {
      subject: `workspace ${workspace}`,
      message: "its commit could not be read: a release names the commit that it was made from",
      hint: "git init && git add . && git commit -m start",
      cause,
    });
  }
}
