// What pnpm-lock.yaml says about one project: the packages that it needs to run, and the workspace's own among them.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";

/** A package from the registry, with the names under which it finds its own dependencies. */
export type LockedPackage = {
  /** Key in the lockfile: `bullmq@6.7.0(ioredis@6.0.0)`. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** Resolution as recorded: its integrity, or an address. */
  readonly resolution: unknown;
  readonly dependencies: readonly LockedDependency[];
  /** Only reached by optional dependencies: not installed where it does not fit the platform. */
  readonly optional: boolean;
};

export type LockedDependency = {
  /** Name in node_modules. */
  readonly name: string;
  readonly to: { readonly package: string } | { readonly project: string };
  readonly optional: boolean;
};

/** The part of the lockfile that one project runs with. Development dependencies are no part of it. */
export type LockedProject = {
  /** The project and the workspace projects that it depends on, by path. */
  readonly projects: Readonly<Record<string, readonly LockedDependency[]>>;
  readonly packages: readonly LockedPackage[];
  /** Hexadecimal digest of all of the above. */
  readonly sha256: string;
};

const dependencies = z.record(z.string(), z.object({ version: z.string() })).optional();
const names = z.record(z.string(), z.string()).optional();
const lockfileSchema = z.object({
  lockfileVersion: z.string(),
  importers: z.record(z.string(), z.object({ dependencies, optionalDependencies: dependencies })),
  packages: z.record(z.string(), z.object({ resolution: z.unknown() })).optional(),
  snapshots: z
    .record(
      z.string(),
      z.object({ dependencies: names, optionalDependencies: names, optional: z.boolean().optional() }),
    )
    .optional(),
});
type Lockfile = z.infer<typeof lockfileSchema>;

const lockfileName = "pnpm-lock.yaml";

/**
 * The project's part of the workspace's lockfile. Parsing takes a fifth of a second, so the result is kept until the
 * lockfile changes.
 * @throws {DeployError} `image-build-failed` when the lockfile is missing, of another version, or lacks the project.
 */
export async function lockedProject(workspace: string, project: string, cacheDir: string): Promise<LockedProject> {
  const text = await readFile(join(workspace, lockfileName)).catch((cause: unknown) => {
    throw failed(project, `there is no ${lockfileName} in the workspace`, "npx pnpm install", cause);
  });
  const sha256 = createHash("sha256").update(text).digest("hex");
  const cacheFile = join(cacheDir, `lock-${createHash("sha256").update(project).digest("hex").slice(0, 16)}.json`);
  const kept = await readKept(cacheFile, sha256);
  if (kept) return kept;
  const { parse } = await import("yaml");
  const locked = selectProject(parseLockfile(project, parse(text.toString("utf8"))), project);
  await mkdir(dirname(cacheFile), { recursive: true });
  const temporary = `${cacheFile}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify({ format, lockfile: sha256, locked }));
  await rename(temporary, cacheFile);
  return locked;
}

const format = 1;

async function readKept(cacheFile: string, lockfile: string): Promise<LockedProject | undefined> {
  try {
    const kept = JSON.parse(await readFile(cacheFile, "utf8")) as {
      format: number;
      lockfile: string;
      locked: LockedProject;
    };
    return kept.format === format && kept.lockfile === lockfile ? kept.locked : undefined;
  } catch {
    return undefined;
  }
}

function parseLockfile(project: string, value: unknown): Lockfile {
  const parsed = lockfileSchema.safeParse(value);
  if (parsed.success && parsed.data.lockfileVersion.startsWith("9.")) return parsed.data;
  throw failed(
    project,
    `${lockfileName} is not of version 9`,
    "install with the workspace's own pnpm: npx pnpm install",
  );
}

/** The closure of one importer, in a stable order. Pure. */
export function selectProject(lockfile: Lockfile, project: string): LockedProject {
  const projects = new Map<string, readonly LockedDependency[]>();
  const packages = new Map<string, LockedPackage>();
  const waiting: LockedDependency["to"][] = [{ project }];
  for (let to = waiting.pop(); to; to = waiting.pop()) {
    if ("project" in to) {
      if (projects.has(to.project)) continue;
      const direct = projectDependencies(lockfile, to.project);
      projects.set(to.project, direct);
      waiting.push(...direct.map((dependency) => dependency.to));
    } else if (!packages.has(to.package)) {
      const found = lockedPackage(lockfile, to.package, project);
      packages.set(to.package, found);
      waiting.push(...found.dependencies.map((dependency) => dependency.to));
    }
  }
  const part = {
    projects: Object.fromEntries([...projects].sort(byFirst)),
    packages: [...packages].sort(byFirst).map(([, found]) => found),
  };
  return { ...part, sha256: createHash("sha256").update(JSON.stringify(part)).digest("hex") };
}

type Named = readonly [string, ...unknown[]];
const byFirst = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

function projectDependencies({ importers, snapshots }: Lockfile, project: string): readonly LockedDependency[] {
  const importer = importers[project];
  if (!importer) throw failed(project, `${lockfileName} does not know this project`, "npx pnpm install");
  const listed = [
    ...Object.entries(importer.dependencies ?? {}).map((entry) => [...entry, false] as const),
    ...Object.entries(importer.optionalDependencies ?? {}).map((entry) => [...entry, true] as const),
  ];
  return listed.sort(byFirst).map(([name, { version }, optional]) => ({
    name,
    optional,
    to: version.startsWith("link:")
      ? { project: posix.join(project, version.slice("link:".length)) }
      : { package: keyOf(snapshots, name, version) },
  }));
}

/** A version names the package of the same name, or, for an alias, another one whole. */
const keyOf = (snapshots: Lockfile["snapshots"], name: string, version: string): string =>
  snapshots && Object.hasOwn(snapshots, `${name}@${version}`) ? `${name}@${version}` : version;

function lockedPackage({ packages, snapshots }: Lockfile, key: string, project: string): LockedPackage {
  const snapshot = snapshots?.[key];
  const bare = key.replace(/\(.*$/, "");
  const at = bare.indexOf("@", 1);
  const name = bare.slice(0, at);
  const version = bare.slice(at + 1);
  if (!snapshot || /^(file|link|workspace):/.test(version))
    throw failed(project, `it depends on ${key}, which is not from a registry`, "depend on it by workspace:*");
  const named = [
    ...Object.entries(snapshot.dependencies ?? {}).map((entry) => [...entry, false] as const),
    ...Object.entries(snapshot.optionalDependencies ?? {}).map((entry) => [...entry, true] as const),
  ];
  return {
    key,
    name,
    version,
    resolution: packages?.[bare]?.resolution ?? null,
    optional: snapshot.optional ?? false,
    dependencies: named
      .sort(byFirst)
      .map(([to, text, optional]) => ({ name: to, optional, to: { package: keyOf(snapshots, to, text) } })),
  };
}

const failed = (project: string, message: string, hint: string, cause?: unknown): DeployError =>
  new DeployError("image-build-failed", { subject: `image of ${project}`, message, hint, cause });
