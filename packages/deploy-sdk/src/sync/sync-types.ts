// What a sync plans and does. A plan is plain JSON: it can be printed, stored and applied later.
import type { ObjectHeaders } from "../google/object-store.ts";
import type { Compression } from "./compression.ts";
import type { FileHeaders } from "./header-rules.ts";
import type { Phase } from "./phase.ts";

/** Where objects go: `gs://bucket/prefix`, the prefix empty or ending in `/`. */
export type BucketAddress = { readonly bucket: string; readonly prefix: string };

export type UploadAction = {
  readonly kind: "create" | "update";
  /** Of the file, relative to the folder. */
  readonly path: string;
  /** Absolute place of its bytes, where a link leads to them. */
  readonly target?: string;
  readonly name: string;
  /** Of the file. */
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly headers: FileHeaders;
  readonly compression: Compression;
  readonly phase: Phase;
  readonly ifGenerationMatch: string;
};

export type PatchAction = {
  readonly kind: "patch";
  readonly name: string;
  readonly headers: ObjectHeaders;
  /** `cacheControl: none → no-cache` */
  readonly details: readonly string[];
  readonly phase: Phase;
  readonly generation: string;
  readonly ifMetagenerationMatch: string;
};

export type DeleteAction = {
  readonly kind: "delete";
  readonly name: string;
  readonly sizeBytes: number;
  readonly ifGenerationMatch: string;
};

export type SyncAction = UploadAction | PatchAction | DeleteAction;

export type SyncTotals = {
  readonly files: number;
  readonly bytes: number;
  readonly create: number;
  readonly update: number;
  readonly patch: number;
  readonly delete: number;
  readonly keep: number;
  /** Before compression. */
  readonly uploadBytes: number;
  /** Objects that no file stands for and that stay. */
  readonly extra: number;
};

export type SyncPlan = {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly address: BucketAddress;
  /** Every change, in the order of names; what stays as it is is only counted. */
  readonly actions: readonly SyncAction[];
  readonly totals: SyncTotals;
  readonly noop: boolean;
  /** What a person should know and that stops nothing. */
  readonly warnings: readonly string[];
};

export type SyncProgress = {
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
};
