// Pure. What makes two versions of a site the same, and the names of what is kept of it.
import { createHash } from "node:crypto";
import type { SiteFile } from "./site-types.ts";

/** SHA-256, hex, of everything that is served: paths, contents and headers. Files must be in order. */
export function siteVersion(files: readonly SiteFile[]): string {
  const hash = createHash("sha256");
  for (const { path, crc32c, sizeBytes, contentType, cacheControl, compression } of files)
    hash.update(JSON.stringify([path, crc32c, sizeBytes, contentType, cacheControl, compression]));
  return hash.digest("hex");
}

export const indexName = (site: string): string => `sites/${site}/index.json`;
export const manifestName = (site: string, version: string): string => `sites/${site}/manifests/${version}.json`;
export const copiesPrefix = (site: string): string => `sites/${site}/files/`;

/** One content under one name has one place, whichever release it was first in. */
export const copyName = (
  site: string,
  { path, crc32c, sizeBytes, compression }: Pick<SiteFile, "path" | "crc32c" | "sizeBytes" | "compression">,
): string => {
  const checksum = Buffer.from(crc32c, "base64").toString("hex");
  const method = compression === "none" ? "" : `-${compression}`;
  return `${copiesPrefix(site)}${checksum}-${sizeBytes}${method}/${path}`;
};

/** Can this file's name get another content? Then its content is kept, to be published again. */
export const isKept = ({ role }: Pick<SiteFile, "role">): boolean => role !== "asset";
