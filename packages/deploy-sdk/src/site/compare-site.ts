// Pure. A site's files beside the objects that are served now.
import type { ObjectInfo } from "../google/object-store.ts";
import { compareObject, type DesiredObject, type Verdict } from "../sync/compare-object.ts";
import { mergeSorted } from "../sync/merge-listings.ts";
import type { SiteFile } from "./site-types.ts";

export type ComparedFile = {
  readonly file: SiteFile;
  readonly object: ObjectInfo | undefined;
  readonly verdict: Verdict;
};

/** Both in the order of UTF-8 bytes. */
export function comparedFiles(files: readonly SiteFile[], objects: readonly ObjectInfo[]): readonly ComparedFile[] {
  const compared: ComparedFile[] = [];
  mergeSorted(
    files,
    ({ path }) => path,
    objects,
    ({ local: file, remote: object }) => {
      if (file) compared.push({ file, object, verdict: compareObject(desiredOf(file), object) });
    },
  );
  return compared;
}

export const desiredOf = ({ crc32c, sizeBytes, contentType, cacheControl, compression }: SiteFile): DesiredObject => ({
  crc32c,
  sizeBytes,
  headers: { contentType, cacheControl },
  compression,
});
