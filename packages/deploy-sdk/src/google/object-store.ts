// The contract of a bucket's objects: what can be asked, and what a write comes to.
import type { Transport } from "./transport.ts";

/** Headers that an object is served with, and its own metadata. Absent: Cloud Storage's default, or none. */
export type ObjectHeaders = {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentEncoding?: string;
  readonly metadata?: Readonly<Record<string, string>>;
};

/** Cloud Storage's object resource, as far as it is read: https://cloud.google.com/storage/docs/json_api/v1/objects */
export type ObjectInfo = ObjectHeaders & {
  readonly name: string;
  /** Changes with the content; a decimal int64, as on the wire. */
  readonly generation: string;
  /** Changes with the headers, and starts at 1 with every generation. */
  readonly metageneration: string;
  /** Of the stored bytes. */
  readonly sizeBytes: number;
  /** Of the stored bytes, base64 of the big-endian value. Missing only on servers that do not compute it. */
  readonly crc32c: string;
};

/** A content that is read piece by piece, for what is too large to hold. `read` throws where the content has changed. */
export type LargeContent = {
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
};

/** Waits until so many bytes may be sent. */
export type Throttle = (bytes: number, signal: AbortSignal) => Promise<void>;

export type PutRequest = {
  readonly name: string;
  readonly content: Uint8Array | LargeContent;
  /** Of `content`, where it is known already. */
  readonly crc32c?: string;
  readonly headers: ObjectHeaders;
  /** Generation that the object must have; "0": it must not exist. */
  readonly ifGenerationMatch: string;
  readonly signal?: AbortSignal;
  readonly throttle?: Throttle;
};

export type PatchRequest = {
  readonly name: string;
  /** Every field given is set; an empty string removes it. */
  readonly headers: ObjectHeaders;
  readonly generation: string;
  readonly ifMetagenerationMatch: string;
  readonly signal?: AbortSignal;
};

export type CopyRequest = {
  readonly from: { readonly bucket: string; readonly name: string; readonly generation?: string };
  readonly name: string;
  readonly headers: ObjectHeaders;
  /** Of the source: tells after a broken connection whether the copy has landed. */
  readonly crc32c: string;
  readonly ifGenerationMatch: string;
  readonly signal?: AbortSignal;
};

export type DeleteRequest = {
  readonly name: string;
  readonly ifGenerationMatch: string;
  readonly signal?: AbortSignal;
};

/** A write under a precondition: done, or another's write came first, and `current` is what is there now. */
export type WriteOutcome =
  | { readonly written: true; readonly generation: string }
  | { readonly written: false; readonly current: ObjectInfo | undefined };

export type ReadObject = {
  readonly bytes: Uint8Array;
  readonly generation: string;
};

export type ListOptions = { readonly prefix?: string; readonly signal?: AbortSignal };

export type ObjectStore = {
  readonly bucket: string;
  /** Pages of up to 1,000, in the order of the names' UTF-8 bytes. @throws DeployError `not-found` without the bucket. */
  readonly pages: (options?: ListOptions) => AsyncGenerator<readonly ObjectInfo[]>;
  /** The whole listing, for prefixes that are known to be small. */
  readonly list: (options?: ListOptions) => Promise<readonly ObjectInfo[]>;
  readonly head: (name: string, signal?: AbortSignal) => Promise<ObjectInfo | undefined>;
  /** The stored bytes, at most 64 MiB; undefined where there is no such object. */
  readonly get: (name: string, signal?: AbortSignal) => Promise<ReadObject | undefined>;
  readonly put: (request: PutRequest) => Promise<WriteOutcome>;
  readonly patch: (request: PatchRequest) => Promise<WriteOutcome>;
  /** Within Cloud Storage, also from another bucket. @throws DeployError `not-found` without the source. */
  readonly copy: (request: CopyRequest) => Promise<WriteOutcome>;
  /** An object that is gone already counts as deleted. */
  readonly delete: (request: DeleteRequest) => Promise<WriteOutcome>;
};

/** Where a store's requests go. */
export type StoreTarget = { readonly transport: Transport; readonly bucket: string; readonly subject: string };
