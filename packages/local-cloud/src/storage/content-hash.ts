// Both checksums that Cloud Storage keeps of an object, in its encoding: base64, crc32c big-endian.
// https://cloud.google.com/storage/docs/data-validation
import { createHash, type Hash, hash } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { StorageError } from "./storage-error.ts";

export type Checksums = { readonly crc32c: string; readonly md5: string };

const encodeCrc = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString("base64");
};

export const checksumsOf = (bytes: Buffer): Checksums => ({
  crc32c: encodeCrc(crc32c(bytes)),
  md5: hash("md5", bytes, "base64"),
});

/** Takes a content chunk by chunk. */
export class RunningChecksums {
  #crc = 0;
  readonly #md5: Hash = createHash("md5");

  update(chunk: Buffer): void {
    this.#crc = crc32c(chunk, this.#crc);
    this.#md5.update(chunk);
  }

  /** Ends it: nothing can be added after this. */
  digest(): Checksums {
    return { crc32c: encodeCrc(this.#crc), md5: this.#md5.digest("base64") };
  }
}

/** Checksums that the client says its content has. */
export type ExpectedChecksums = { readonly crc32c?: string; readonly md5?: string };

/** `x-goog-hash: crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==`, in one header or several. */
export const readHashHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ExpectedChecksums => {
  const expected: { crc32c?: string; md5?: string } = {};
  const contentMd5 = headers["content-md5"];
  if (typeof contentMd5 === "string") expected.md5 = contentMd5;
  for (const part of [headers["x-goog-hash"] ?? []].flat().join(",").split(",")) {
    const [, name, value] = /^\s*(crc32c|md5)=(\S+)\s*$/.exec(part) ?? [];
    if (name === "crc32c" && value !== undefined) expected.crc32c = value;
    if (name === "md5" && value !== undefined) expected.md5 = value;
  }
  return expected;
};

/** Throws when the content is not what the client meant to send. */
export const verifyChecksums = (actual: Checksums, expected: ExpectedChecksums): void => {
  if (expected.crc32c !== undefined && expected.crc32c !== actual.crc32c)
    throw new StorageError(
      "invalid",
      `Provided CRC32C "${expected.crc32c}" doesn't match calculated CRC32C "${actual.crc32c}".`,
    );
  if (expected.md5 !== undefined && expected.md5 !== actual.md5)
    throw new StorageError(
      "invalid",
      `Provided MD5 hash "${expected.md5}" doesn't match calculated MD5 hash "${actual.md5}".`,
    );
};
