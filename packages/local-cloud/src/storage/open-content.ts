import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { ContentFiles } from "./content-files.ts";
import type { ByteRange } from "./content-range.ts";
import type { StoredContent } from "./content-rows.ts";

/** Bytes of an object, opened: they stay readable when the object is deleted meanwhile. One of the two must be called. */
export type OpenContent = {
  readonly read: (range: ByteRange | "all") => Readable | Buffer;
  readonly close: () => Promise<void>;
};

const openBytes = (bytes: Buffer): OpenContent => ({
  read: (range) => (range === "all" ? bytes : bytes.subarray(range.first, range.last + 1)),
  close: async () => {},
});

const openHandle = (handle: FileHandle): OpenContent => ({
  read: (range) => handle.createReadStream(range === "all" ? {} : { start: range.first, end: range.last }),
  close: () => handle.close(),
});

/** Undefined where its file has just been removed. */
export const openContent = async (files: ContentFiles, stored: StoredContent): Promise<OpenContent | undefined> => {
  if ("bytes" in stored) return openBytes(stored.bytes);
  const handle = await files.openForReading(stored.file);
  return handle === undefined ? undefined : openHandle(handle);
};
