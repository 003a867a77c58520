// Stored compression: which files, and what an object's metadata says of it.
//
// The stored bytes of a compressed object cannot be compared with the file, and compressing each file again to find out
// would cost more than the sync. So the object carries what it was made from, and, because another tool can replace its
// bytes and leave the metadata, the checksum that it had then:
//
//   slipway-compression    gzip | br        what was asked for, also where it did not pay and the file is stored as it is
//   slipway-source         <crc32c>/<size>  of the file
//   slipway-stored         <crc32c>         of the stored bytes
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { isCompressible } from "./content-type.ts";

/** `br` is never decompressed by Cloud Storage: only for buckets behind a front that negotiates it. */
export type Compression = "none" | "gzip" | "br";

/** Below this a compressed response saves no packet. */
const smallestBytes = 1024;
/** What is larger is uploaded in pieces, as it is. */
export const largestCompressedBytes = 8 * 2 ** 20;

export const compressionFor = (asked: Compression, contentType: string, sizeBytes: number): Compression =>
  sizeBytes >= smallestBytes && sizeBytes <= largestCompressedBytes && isCompressible(contentType) ? asked : "none";

/** The bytes to store, and their encoding: none where compressing does not make them smaller. */
export async function compress(
  bytes: Uint8Array,
  compression: Compression,
): Promise<{ readonly bytes: Uint8Array; readonly encoding: "" | "gzip" | "br" }> {
  if (compression === "none") return { bytes, encoding: "" };
  const packed = await pack[compression](bytes);
  return packed.byteLength < bytes.byteLength ? { bytes: packed, encoding: compression } : { bytes, encoding: "" };
}

const gzipAsync = promisify(gzip);
const brotliAsync = promisify<Uint8Array, object, Buffer>(brotliCompress);
const pack = {
  gzip: (bytes: Uint8Array): Promise<Buffer> => gzipAsync(bytes, { level: 9 }),
  br: (bytes: Uint8Array): Promise<Buffer> =>
    brotliAsync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
    }),
} as const;

export type Fingerprint = { readonly crc32c: string; readonly sizeBytes: number };

export const compressionKeys = {
  compression: "slipway-compression",
  source: "slipway-source",
  stored: "slipway-stored",
} as const;

export const sourceText = ({ crc32c, sizeBytes }: Fingerprint): string => `${crc32c}/${sizeBytes}`;

export const compressionMetadata = (
  compression: Exclude<Compression, "none">,
  source: Fingerprint,
  storedCrc32c: string,
): Readonly<Record<string, string>> => ({
  [compressionKeys.compression]: compression,
  [compressionKeys.source]: sourceText(source),
  [compressionKeys.stored]: storedCrc32c,
});
