// Takes a manifest in when all that it names is there.
import { digestOf } from "./blob-files.ts";
import type { Catalog, ManifestRecord } from "./catalog.ts";
import type { RegistryState } from "./collect-garbage.ts";
import type { LocatedImage } from "./locate-image.ts";
import { isForeign, type ManifestDescriptor, type ParsedManifest, parseManifest } from "./manifest.ts";
import { type ImageName, isDigest, isTag, parseDigest } from "./names.ts";
import { OciError } from "./oci-error.ts";

export type ManifestPush = {
  readonly bytes: Uint8Array;
  readonly contentType: string | undefined;
  /** Tag or digest. */
  readonly reference: string;
};

export async function pushManifest(
  { catalog, files, now }: RegistryState,
  { name, immutableTags }: LocatedImage,
  { bytes, contentType, reference }: ManifestPush,
): Promise<ManifestRecord> {
  const digest = digestOf(bytes);
  const tag = parseTag(reference);
  if (!tag && parseDigest(reference) !== digest) {
    throw new OciError("DIGEST_INVALID", `The manifest's digest is ${digest}, not ${reference}`);
  }
  const manifest = parseManifest(bytes, contentType);
  const at = now().toISOString();
  const record = describe(manifest, digest, bytes.length, at);
  const commit = (): void => {
    if (tag && immutableTags) refuseMovedTag(catalog, name, tag, digest);
    refuseMissing(catalog, name, manifest, (blob) => files.sizeBytes(blob));
    catalog.putManifest(name, { ...record, uploadedAt: catalog.manifest(name, digest)?.uploadedAt ?? at }, tag, at);
  };
  await files.write(bytes, digest, commit);
  return record;
}

function parseTag(reference: string): string | undefined {
  if (isDigest(reference) || reference.includes(":")) return undefined;
  if (isTag(reference)) return reference;
  throw new OciError("MANIFEST_INVALID", `Invalid tag "${reference.slice(0, 200)}"`);
}

/** Artifact Registry's own sentence: https://cloud.google.com/artifact-registry/docs/docker/troubleshoot#push */
function refuseMovedTag(catalog: Catalog, name: ImageName, tag: string, digest: string): void {
  const present = catalog.tag(name, tag);
  if (!present || present.digest === digest) return;
  throw new OciError("MANIFEST_INVALID", `cannot update tag ${tag}. The repository has enabled tag immutability`);
}

function refuseMissing(
  catalog: Catalog,
  name: ImageName,
  manifest: ParsedManifest,
  sizeOf: (digest: string) => number | undefined,
): void {
  for (const { digest, size } of neededBlobs(manifest)) {
    if (!catalog.hasBlob(name, digest)) throw missing(`Blob ${digest} is not in this image's repository`, digest);
    const actual = sizeOf(digest);
    if (actual !== size) throw new OciError("MANIFEST_INVALID", `Blob ${digest} has ${actual} bytes, not ${size}`);
  }
  for (const { digest } of neededManifests(manifest)) {
    if (!catalog.manifest(name, digest)) throw missing(`Manifest ${digest} is not in this image's repository`, digest);
  }
}

const missing = (message: string, digest: string): OciError =>
  new OciError("MANIFEST_BLOB_UNKNOWN", message, { detail: { digest } });

const neededBlobs = (manifest: ParsedManifest): readonly ManifestDescriptor[] =>
  manifest.kind === "image" ? [manifest.config, ...manifest.layers.filter((layer) => !isForeign(layer))] : [];

const neededManifests = (manifest: ParsedManifest): readonly ManifestDescriptor[] =>
  manifest.kind === "index" ? manifest.manifests : [];

function describe(manifest: ParsedManifest, digest: string, sizeBytes: number, uploadedAt: string): ManifestRecord {
  const blobs = neededBlobs(manifest);
  return {
    digest,
    mediaType: manifest.mediaType,
    sizeBytes,
    contentBytes: blobs.reduce((sum, { size }) => sum + size, 0),
    artifactType: manifest.artifactType ?? (manifest.kind === "image" ? manifest.config.mediaType : undefined),
    annotations: manifest.annotations,
    subject: manifest.subject?.digest,
    blobs: blobs.map((blob) => blob.digest),
    manifests: neededManifests(manifest).map((child) => child.digest),
    uploadedAt,
  };
}
