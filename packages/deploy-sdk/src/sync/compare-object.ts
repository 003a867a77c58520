// Pure. What an object needs to be what it should be.
//
//   | object | bytes     | headers   | verdict                                              |
//   | absent |           |           | create: a write that must find nothing               |
//   | there  | different | any       | update: a write that must find this generation       |
//   | there  | same      | different | patch: headers only, at this metageneration          |
//   | there  | same      | same      | keep: no request                                     |
//
// Bytes are the same when size and crc32c are: never a time, never a read of the content. For a file that is to be
// compressed they are the same when the object was made from this very file (slipway-source), by this very method
// (slipway-compression), and its bytes have not been replaced since (slipway-stored is its crc32c).
//
// Headers are compared where something is asked for: Content-Type always, Cache-Control where a rule names it,
// Content-Encoding always (a stored gzip that lost it is served as garbage).
import type { ObjectHeaders, ObjectInfo } from "../google/object-store.ts";
import { type Compression, compressionKeys, type Fingerprint, sourceText } from "./compression.ts";
import type { FileHeaders } from "./header-rules.ts";

/** What an object should be: the content of a file, served with these headers. */
export type DesiredObject = Fingerprint & { readonly headers: FileHeaders; readonly compression: Compression };

export type Verdict =
  | { readonly kind: "create" }
  | { readonly kind: "update" }
  | { readonly kind: "patch"; readonly headers: ObjectHeaders; readonly details: readonly string[] }
  | { readonly kind: "keep" };

export function compareObject(desired: DesiredObject, object: ObjectInfo | undefined): Verdict {
  if (!object) return { kind: "create" };
  if (!sameBytes(desired, object)) return { kind: "update" };
  const { headers, details } = headerChanges(desired, object);
  return details.length > 0 ? { kind: "patch", headers, details } : { kind: "keep" };
}

function sameBytes({ compression, crc32c, sizeBytes }: DesiredObject, object: ObjectInfo): boolean {
  if (compression === "none") return object.crc32c === crc32c && object.sizeBytes === sizeBytes;
  const { metadata = {} } = object;
  return (
    metadata[compressionKeys.compression] === compression &&
    metadata[compressionKeys.source] === sourceText({ crc32c, sizeBytes }) &&
    metadata[compressionKeys.stored] === object.crc32c
  );
}

/** The encoding that an object with the right bytes has: none where compressing did not pay. */
const encodingOf = ({ compression, crc32c }: DesiredObject, object: ObjectInfo): string =>
  compression === "none" || object.crc32c === crc32c ? "" : compression;

function headerChanges(
  desired: DesiredObject,
  object: ObjectInfo,
): { readonly headers: ObjectHeaders; readonly details: readonly string[] } {
  const wanted: Readonly<Record<string, string | undefined>> = {
    contentType: desired.headers.contentType,
    cacheControl: desired.headers.cacheControl,
    contentEncoding: encodingOf(desired, object),
  };
  const found: Readonly<Record<string, string | undefined>> = {
    contentType: object.contentType,
    cacheControl: object.cacheControl,
    contentEncoding: object.contentEncoding,
  };
  const changed = Object.keys(wanted).filter(
    (field) => wanted[field] !== undefined && wanted[field] !== (found[field] ?? ""),
  );
  return {
    headers: Object.fromEntries(changed.map((field) => [field, wanted[field]])),
    details: changed.map((field) => `${field}: ${found[field] || "none"} → ${wanted[field] || "none"}`),
  };
}
