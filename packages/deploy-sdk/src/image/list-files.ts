// The files of a project as git would see them: tracked, or untracked and not ignored.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import ignore, { type Ignore } from "ignore";

const run = promisify(execFile);
const gitTimeoutMs = 30_000;
const listLimitBytes = 256 * 1024 * 1024;

/**
 * Paths relative to `workspace`, sorted by their bytes. Git is asked where it works; a tree without it (an unpacked archive,
 * a container without git) is walked by the same rules.
 * @param folders relative to the workspace
 */
export async function listFiles(
  workspace: string,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const listed = (await listByGit(workspace, folders, signal)) ?? (await listByWalking(workspace, folders));
  return [...new Set(listed)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function listByGit(
  workspace: string,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    const { stdout } = await run(
      "git",
      [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        ...folders.map((path) => `:(literal)${path}`),
      ],
      {
        cwd: workspace,
        signal,
        timeout: gitTimeoutMs,
        maxBuffer: listLimitBytes,
        env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" },
      },
    );
    return stdout.split("\0").filter((path) => path !== "");
  } catch (error) {
    signal.throwIfAborted();
    // No git, no repository, or one that git does not trust here (a checkout of another user).
    if ((error as { killed?: boolean }).killed) throw error;
    return undefined;
  }
}

/** Never of interest, whatever the ignore files say. */
const neverListed = new Set([".git", "node_modules"]);

async function listByWalking(workspace: string, folders: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const folder of folders) {
    const parents = folder.split("/").map((_, index, parts) => parts.slice(0, index).join("/"));
    const rules = await Promise.all(parents.map((parent) => rulesOf(workspace, parent)));
    await walk(workspace, folder, rules, files);
  }
  return files;
}

type Rules = { readonly folder: string; readonly matcher: Ignore | undefined };

async function walk(workspace: string, folder: string, inherited: readonly Rules[], files: string[]): Promise<void> {
  const rules = [...inherited, await rulesOf(workspace, folder)];
  const entries = await readdir(join(workspace, folder), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (neverListed.has(entry.name) || isIgnored(rules, entry.isDirectory() ? `${path}/` : path)) continue;
    if (entry.isDirectory()) await walk(workspace, path, rules, files);
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
}

async function rulesOf(workspace: string, folder: string): Promise<Rules> {
  const text = await readFile(join(workspace, folder, ".gitignore"), "utf8").catch(() => undefined);
  return { folder, matcher: text === undefined ? undefined : ignore().add(text) };
}

/** The nearest .gitignore that says anything decides, as in gitignore(5). */
function isIgnored(rules: readonly Rules[], path: string): boolean {
  for (const { folder, matcher } of rules.toReversed()) {
    const verdict = matcher?.test(folder === "" ? path : path.slice(folder.length + 1));
    if (verdict?.ignored || verdict?.unignored) return verdict.ignored;
  }
  return false;
}
