// Blobs: read whole or in part, asked for, removed. Uploads are in upload-routes.ts.
import type { CloudContext, CloudRequest, CloudResponse } from "../server/types.ts";
import type { ByteRange } from "./blob-files.ts";
import type { RegistryState } from "./collect-garbage.ts";
import { type FindRepositories, locateImage } from "./locate-image.ts";
import { type ImageName, parseDigest } from "./names.ts";
import { OciError } from "./oci-error.ts";

export type RegistryContext = RegistryState & {
  readonly find: FindRepositories;
  /** Asks for a collection of garbage soon; never waits for it. */
  readonly sweep: () => void;
  readonly authorize: CloudContext["authorize"];
};

/** @throws {OciError} BLOB_UNKNOWN when this image does not hold it, even if another does. */
export function requireBlob({ catalog, files }: RegistryState, name: ImageName, digest: string): number {
  const sizeBytes = catalog.hasBlob(name, digest) ? files.sizeBytes(digest) : undefined;
  if (sizeBytes === undefined) throw new OciError("BLOB_UNKNOWN", `Blob ${digest} is unknown to this image`);
  return sizeBytes;
}

export function getBlob(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { name } = locateImage(context.find, request);
  const digest = parseDigest(request.params["digest"] ?? "");
  const sizeBytes = requireBlob(context, name, digest);
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    "accept-ranges": "bytes",
    // Content that is addressed by its digest never changes.
    "cache-control": "max-age=31536000, immutable",
  };
  const range = parseRange(request.headers.range, sizeBytes);
  const length = range ? range.end - range.start + 1 : sizeBytes;
  const partial = range && { "content-range": `bytes ${range.start}-${range.end}/${sizeBytes}` };
  return {
    status: range ? 206 : 200,
    headers: { ...headers, "content-length": String(length), ...partial },
    ...(request.method === "GET" && length > 0 && { body: context.files.stream(digest, range) }),
  };
}

export function deleteBlob(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { name } = locateImage(context.find, request);
  const digest = parseDigest(request.params["digest"] ?? "");
  requireBlob(context, name, digest);
  context.catalog.unlinkBlob(name, digest);
  context.sweep();
  return { status: 202, headers: { "docker-content-digest": digest } };
}

/**
 * One range of a Range header; undefined: the whole, also for several ranges or another unit (RFC 9110, 14.2).
 * @throws {OciError} 416 when it starts beyond the end.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start < sizeBytes) return { start, end };
  const headers = { "content-range": `bytes */${sizeBytes}` };
  throw new OciError("SIZE_INVALID", `The range starts beyond the blob's ${sizeBytes} bytes`, { status: 416, headers });
}
