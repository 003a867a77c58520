// The packages that a project runs with, as they are installed in this workspace, laid out for the image as pnpm does:
// one folder a package, with links to exactly the packages that it may import.
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join, posix } from "node:path";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { mapLimited } from "./file-digests.ts";
import type { LockedDependency, LockedPackage, LockedProject } from "./lockfile.ts";
import type { LayerEntry } from "./tar-entries.ts";

/** Where the image holds packages. The project itself is /app, so that Node finds them by its ordinary rules. */
const storeDir = "app/node_modules/.store";

/**
 * Where the image holds a workspace project. Those that the application depends on lie beside it and not under node_modules:
 * Node strips no types there.
 */
export const imageDirOf = (project: string, application: string): string =>
  project === application ? "app" : `workspace/${project}`;

export type DependenciesRequest = {
  readonly workspace: string;
  /** Path of the application in the workspace. */
  readonly application: string;
  readonly locked: LockedProject;
  readonly signal: AbortSignal;
};

/** Changes when the layout or the choice of files below changes. */
export const dependenciesFormat = 1;

/** Never loaded by a running program: in an ordinary tree they are more than half of the bytes. */
const isLeftOut = (name: string): boolean => /\.map$|\.d\.[cm]?ts$/.test(name);

/** @throws {DeployError} `image-build-failed` when what is installed is not what the lockfile says. */
export async function dependencyEntries(request: DependenciesRequest): Promise<readonly LayerEntry[]> {
  const installed = await locateInstalled(request);
  const packages = await mapLimited([...installed], 8, async ([key, folder]) => {
    request.signal.throwIfAborted();
    const found = request.locked.packages.find((candidate) => candidate.key === key) as LockedPackage;
    await requireVersion(request, found, folder);
    return [
      ...(await filesUnder(folder, packageDir(found))),
      ...linksOf(request, posix.join(storeDir, storeName(key), "node_modules"), found.dependencies, installed),
    ];
  });
  const projects = Object.entries(request.locked.projects).map(([project, dependencies]) =>
    linksOf(request, `${imageDirOf(project, request.application)}/node_modules`, dependencies, installed),
  );
  return [...packages, ...projects].flat();
}

/** A folder name for a lockfile's key: the same on every machine, unlike pnpm's own, which depends on its settings. */
const storeName = (key: string): string => {
  const name = key.replace(/[^A-Za-z0-9@._-]/g, "+");
  return name.length <= 100
    ? name
    : `${name.slice(0, 80)}_${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
};

const packageDir = ({ key, name }: Pick<LockedPackage, "key" | "name">): string =>
  posix.join(storeDir, storeName(key), "node_modules", name);

/** Absolute folder of every installed package of the closure, found as Node would: by the links beside who asks. */
async function locateInstalled(request: DependenciesRequest): Promise<ReadonlyMap<string, string>> {
  const byKey = new Map(request.locked.packages.map((found) => [found.key, found]));
  const located = new Map<string, string>();
  const visit = async (
    modulesDir: string,
    dependencies: readonly LockedDependency[],
    optional: boolean,
  ): Promise<void> => {
    for (const dependency of dependencies) {
      if ("project" in dependency.to || located.has(dependency.to.package)) continue;
      const found = byKey.get(dependency.to.package);
      const folder = await realpath(join(modulesDir, dependency.name)).catch(() => undefined);
      if (!found || folder === undefined) {
        if (optional || dependency.optional || found?.optional) continue;
        throw notInstalled(request, `${dependency.to.package} is not installed`);
      }
      located.set(found.key, folder);
      // The package's own dependencies are linked beside it: `…/node_modules/<name>` and `…/node_modules/<dependency>`.
      const beside = found.name.startsWith("@") ? join(folder, "..", "..") : join(folder, "..");
      await visit(beside, found.dependencies, optional || dependency.optional);
    }
  };
  for (const [project, dependencies] of Object.entries(request.locked.projects))
    await visit(join(request.workspace, project, "node_modules"), dependencies, false);
  return located;
}

const manifest = z.object({ version: z.string() });

async function requireVersion(request: DependenciesRequest, found: LockedPackage, folder: string): Promise<void> {
  // A package from an address (git, a tarball) carries whatever version its author wrote.
  if (found.version.includes(":")) return;
  const parsed = manifest.safeParse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  if (parsed.data?.version !== found.version)
    throw notInstalled(request, `${found.name} is installed as ${parsed.data?.version}, locked as ${found.version}`);
}

const notInstalled = ({ application }: DependenciesRequest, message: string): DeployError =>
  new DeployError("image-build-failed", {
    subject: `image of ${application}`,
    message: `node_modules is not what pnpm-lock.yaml says: ${message}`,
    hint: "npx pnpm install --frozen-lockfile",
  });

function linksOf(
  { application }: DependenciesRequest,
  modulesDir: string,
  dependencies: readonly LockedDependency[],
  installed: ReadonlyMap<string, string>,
): readonly LayerEntry[] {
  return dependencies.flatMap(({ name, to }): readonly LayerEntry[] => {
    const path = posix.join(modulesDir, name);
    if ("project" in to)
      return [{ type: "symlink", path, target: relativeLink(path, imageDirOf(to.project, application)) }];
    if (!installed.has(to.package)) return [];
    const target = packageDir({ key: to.package, name: nameOf(to.package) });
    return target === path ? [] : [{ type: "symlink", path, target: relativeLink(path, target) }];
  });
}

const nameOf = (key: string): string => key.slice(0, key.indexOf("@", 1));
const relativeLink = (from: string, to: string): string => posix.relative(posix.dirname(from), to);

async function filesUnder(folder: string, imageDir: string): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name);
    const path = `${imageDir}/${entry.name}`;
    // Shell scripts that pnpm writes with this machine's paths in them.
    if (entry.name === ".bin" && imageDir.endsWith("/node_modules")) continue;
    if (entry.isDirectory()) entries.push(...(await filesUnder(file, path)));
    else if (entry.isSymbolicLink()) entries.push({ type: "symlink", path, target: await readlink(file) });
    else if (entry.isFile() && !isLeftOut(entry.name)) {
      const { size, mode } = await lstat(file);
      entries.push({ type: "file", path, mode: mode & 0o100 ? 0o755 : 0o644, content: { file, sizeBytes: size } });
    }
  }
  return entries;
}
