// A clone of this workspace as it is now, for tests that commit to one. Dependencies and packed layers are those that are
// installed and cached here: linking them takes a second, an install twenty.
import { cp, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { runProcess, workspace } from "./run-command.ts";

/** The workspace's root and its projects. */
async function projectFolders(): Promise<readonly string[]> {
  const groups = ["apps", "packages", "tools"];
  const entries = await Promise.all(
    groups.map((group) => readdir(join(workspace, group), { withFileTypes: true, encoding: "utf8" })),
  );
  const projects = entries.flat().filter((entry) => entry.isDirectory());
  return ["", ...projects.map(({ parentPath, name }) => relative(workspace, join(parentPath, name)))];
}

/** What tools write beside the packages; the packages themselves are linked as a whole. */
const isOwn = (path: string): boolean => !/(^|\/)(\.pnpm|\.cache|\.vite[a-z-]*|\.vitest-cache)$/.test(path);

async function linkDependencies(clone: string, project: string): Promise<void> {
  const from = join(workspace, project, "node_modules");
  const to = join(clone, project, "node_modules");
  const filter = (path: string): boolean => isOwn(relative(from, path));
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter }).catch(ignoreMissing);
}

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "ENOENT") throw error;
};

const git = async (cwd: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runProcess(["git", ...args], { cwd });
  if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
};

/** Brings over what is not committed here yet, so that a test judges the code that it lies beside. */
async function copyUncommitted(clone: string): Promise<void> {
  const listed = await Promise.all([
    git(workspace, "diff", "-z", "--name-only", "HEAD"),
    git(workspace, "ls-files", "-z", "--others", "--exclude-standard"),
  ]);
  for (const path of listed.join("").split("\0").filter(Boolean)) {
    await rm(join(clone, path), { force: true });
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await cp(join(workspace, path), join(clone, path)).catch(ignoreMissing);
  }
  await commitAll(clone, "what is not committed yet", "--allow-empty");
}

/** @param folder is made; returns the clone's root. */
export async function cloneWorkspace(folder: string): Promise<string> {
  await git(workspace, "clone", "-q", "--no-hardlinks", workspace, folder);
  await copyUncommitted(folder);
  for (const project of await projectFolders()) await linkDependencies(folder, project);
  await symlink(join(workspace, "node_modules/.pnpm"), join(folder, "node_modules/.pnpm"));
  await mkdir(join(folder, ".local/cache"), { recursive: true });
  for (const name of ["layers", "node"]) {
    const cache = join(workspace, ".local/cache", name);
    await mkdir(cache, { recursive: true });
    await symlink(cache, join(folder, ".local/cache", name));
  }
  return folder;
}

/** Commits all that changed in a clone. */
export async function commitAll(clone: string, message: string, ...options: readonly string[]): Promise<void> {
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  await git(clone, "add", "--all");
  await git(clone, ...author, "commit", "-q", "-m", message, ...options);
}
