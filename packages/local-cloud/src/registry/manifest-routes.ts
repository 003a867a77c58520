import { readBytes } from "../server/read-json.ts";
import type { CloudRequest, CloudResponse } from "../server/types.ts";
import type { RegistryContext } from "./blob-routes.ts";
import type { ManifestRecord } from "./catalog.ts";
import { locateImage } from "./locate-image.ts";
import { ociIndexType } from "./manifest.ts";
import { formatPath, type ImageName, isDigest, parseDigest } from "./names.ts";
import { OciError } from "./oci-error.ts";
import { pushManifest } from "./push-manifest.ts";

/** "A registry should … 4 MiB": https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests */
export const maxManifestBytes = 4 * 1024 ** 2;

export async function getManifest(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name } = locateImage(context.find, request);
  const record = requireManifest(context, name, request.params["reference"] ?? "");
  const headers = {
    "content-type": record.mediaType,
    "content-length": String(record.sizeBytes),
    "docker-content-digest": record.digest,
    etag: `"${record.digest}"`,
  };
  if (request.method === "HEAD") return { status: 200, headers };
  return { status: 200, headers, body: await context.files.read(record.digest) };
}

function requireManifest({ catalog }: RegistryContext, name: ImageName, reference: string): ManifestRecord {
  const digest = isDigest(reference) ? reference : catalog.tag(name, reference)?.digest;
  const record = digest === undefined ? undefined : catalog.manifest(name, digest);
  if (!record) throw new OciError("MANIFEST_UNKNOWN", `Manifest "${reference.slice(0, 200)}" not found`);
  return record;
}

export async function putManifest(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const image = locateImage(context.find, request);
  const bytes = await readManifest(request);
  const reference = request.params["reference"] ?? "";
  const { digest, subject } = await pushManifest(context, image, {
    bytes,
    contentType: request.headers["content-type"],
    reference,
  });
  const location = `/v2/${formatPath(image.name)}/manifests/${digest}`;
  const headers = { location, "docker-content-digest": digest, ...(subject && { "oci-subject": subject }) };
  return { status: 201, headers };
}

async function readManifest(request: CloudRequest): Promise<Buffer> {
  const message = `Manifests of more than ${maxManifestBytes} bytes are not taken`;
  if (Number(request.headers["content-length"] ?? 0) > maxManifestBytes) {
    throw new OciError("SIZE_INVALID", message, { status: 413 });
  }
  return readBytes(request.body, maxManifestBytes);
}

/** By tag only the tag goes; by digest the manifest and every tag that names it. */
export function deleteManifest(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { name } = locateImage(context.find, request);
  const reference = request.params["reference"] ?? "";
  const { digest } = requireManifest(context, name, reference);
  if (!isDigest(reference)) context.catalog.deleteTag(name, reference);
  else {
    context.catalog.deleteManifest(name, digest);
    context.sweep();
  }
  return { status: 202 };
}

/** Referrers in one reply; what is more is behind its `Link`. */
const referrersPage = 500;

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers */
export function listReferrers(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { name } = locateImage(context.find, request);
  const digest = parseDigest(request.params["digest"] ?? "");
  const artifactType = request.query.get("artifactType");
  const last = request.query.get("last") ?? "";
  const matching = context.catalog
    .listReferrers(name, digest)
    .filter((record) => record.digest > last && (artifactType === null || record.artifactType === artifactType));
  const page = matching.slice(0, referrersPage);
  const query = new URLSearchParams({
    ...(artifactType !== null && { artifactType }),
    last: page.at(-1)?.digest ?? "",
  });
  const next = `</v2/${formatPath(name)}/referrers/${digest}?${query}>; rel="next"`;
  return {
    status: 200,
    headers: {
      "content-type": ociIndexType,
      ...(artifactType !== null && { "oci-filters-applied": "artifactType" }),
      ...(matching.length > page.length && { link: next }),
    },
    body: JSON.stringify({ schemaVersion: 2, mediaType: ociIndexType, manifests: page.map(toDescriptor) }),
  };
}

const toDescriptor = ({ mediaType, digest, sizeBytes, artifactType, annotations }: ManifestRecord): object => ({
  mediaType,
  digest,
  size: sizeBytes,
  ...(artifactType && { artifactType }),
  ...(annotations && { annotations }),
});
