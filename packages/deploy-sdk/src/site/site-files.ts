// A built folder as the files of a site: what is published, with which headers, in which role.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import type { SiteUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { encodeCrc32c } from "../google/object-store-wire.ts";
import { compressionFor } from "../sync/compression.ts";
import { isHidden } from "../sync/file-problems.ts";
import type { LocalFile } from "../sync/hash-files.ts";
import { readFolder } from "../sync/read-folder.ts";
import { sortByUtf8 } from "../sync/utf8-order.ts";
import type { ReleaseContext } from "../types.ts";
import type { SiteFile, SiteSource } from "./site-types.ts";
import { compileSiteHeaders, configPath, type SiteHeaders } from "./vite-preset.ts";

export type BuiltSite = {
  readonly files: readonly SiteFile[];
  readonly source: SiteSource;
  readonly warnings: readonly string[];
};

/**
 * `config`: the text of /config.json, which stands in for one that the build has put there.
 * @throws DeployError `dist-missing`, or `site-unsafe` with every file that cannot be published.
 */
export async function readBuiltSite(
  unit: SiteUnit,
  config: string | undefined,
  { workspace, signal, runtime }: ReleaseContext,
): Promise<BuiltSite> {
  const folder = join(workspace, unit.dist);
  const cacheFile = join(workspace, ".local/cache/sync", `${unit.name}.txt`);
  const { root, files, warnings } = await readFolder({
    folder,
    cacheFile,
    exclude: isHidden,
    now: runtime.now,
    signal,
  }).catch((error: unknown) => {
    throw error instanceof DeployError && error.code === "dist-missing" ? distMissing(unit, error) : error;
  });
  if (!files.some(({ path }) => path === "index.html")) throw distMissing(unit);
  const headersOf = compileSiteHeaders(unit.headers, copiedPaths(join(workspace, unit.project, "public")));
  const built = files.filter(({ path }) => config === undefined || path !== configPath);
  const all = config === undefined ? built : [...built, madeFile(config)];
  return {
    files: sortByUtf8(all, ({ path }) => path).map((file) => siteFile(file, headersOf(file.path), unit)),
    source: {
      kind: "folder",
      folder: root,
      cacheFile,
      targets: Object.fromEntries(built.flatMap(({ path, target }) => (target === undefined ? [] : [[path, target]]))),
      made: config === undefined ? {} : { [configPath]: config },
    },
    warnings,
  };
}

const siteFile = (
  { path, sizeBytes, crc32c: checksum }: LocalFile,
  { contentType, cacheControl, role }: SiteHeaders,
  { gzip }: SiteUnit,
): SiteFile => ({
  path,
  sizeBytes,
  crc32c: checksum,
  contentType,
  cacheControl,
  compression: compressionFor(gzip ? "gzip" : "none", contentType, sizeBytes),
  role,
});

function madeFile(config: string): LocalFile {
  const bytes = Buffer.from(config);
  return { path: configPath, sizeBytes: bytes.byteLength, crc32c: encodeCrc32c(crc32c(bytes)) };
}

/** Vite copies `public/` into the build as it is. Without such a folder no path was copied. */
function copiedPaths(folder: string): (path: string) => boolean {
  try {
    const copied = new Set(readdirSync(folder, { recursive: true, encoding: "utf8" }));
    return (path) => copied.has(path);
  } catch {
    return () => false;
  }
}

const distMissing = (unit: SiteUnit, cause?: DeployError): DeployError =>
  new DeployError("dist-missing", {
    subject: `site "${unit.name}"`,
    message: cause ? `${unit.dist} does not exist` : `${unit.dist} has no index.html`,
    hint: `build it first:  pnpm nx build ${unit.project.split("/").at(-1)}`,
    cause,
  });
