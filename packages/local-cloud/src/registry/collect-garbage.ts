// Removes what nothing refers to any more. Safe while images are pushed: a blob that was just uploaded is kept for a day,
// and a file is removed only in the same tick in which it was seen to be unreferenced.
import type { BlobFiles } from "./blob-files.ts";
import { type Catalog, imageKey } from "./catalog.ts";
import type { UploadSessions } from "./upload-sessions.ts";

const graceMs = 24 * 60 * 60 * 1000;

export type RegistryState = {
  readonly catalog: Catalog;
  readonly files: BlobFiles;
  readonly uploads: UploadSessions;
  readonly now: () => Date;
};

export async function collectGarbage({ catalog, files, uploads, now }: RegistryState): Promise<void> {
  const limit = new Date(now().getTime() - graceMs).toISOString();
  await uploads.expire(limit);
  unlinkUnused(catalog, limit);
  const candidates = await files.digests();
  const referenced = catalog.referencedDigests();
  // Not one await below: `referenced` stays true until the last removal.
  for (const digest of candidates) files.removeUnless((candidate) => referenced.has(candidate), digest);
}

function unlinkUnused(catalog: Catalog, limit: string): void {
  const needed = new Map<string, ReadonlySet<string>>();
  for (const { image, digest, linkedAt } of catalog.listLinks()) {
    if (linkedAt >= limit) continue;
    const key = imageKey(image);
    const used = needed.get(key) ?? new Set(catalog.listManifests(image).flatMap(({ blobs }) => blobs));
    needed.set(key, used);
    if (!used.has(digest)) catalog.unlinkBlob(image, digest);
  }
}
