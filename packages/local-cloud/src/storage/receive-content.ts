// Takes the bytes of an upload: small ones into memory, others into a file while they arrive.
import type { FileHandle } from "node:fs/promises";
import type { ContentFiles } from "./content-files.ts";
import { type Checksums, checksumsOf, RunningChecksums } from "./content-hash.ts";
import type { StoredContent } from "./content-rows.ts";

/** Up to here a content is a row of the database: creating a file costs more than writing so many bytes. */
export const INLINE_BYTES = 64 * 1024;

/** Bytes that are written and checked, and that no object has yet. */
export type NewContent = Checksums & { readonly sizeBytes: number; readonly stored: StoredContent };

type Head = { readonly bytes: Buffer; readonly ended: boolean };

/** The first bytes of a body, all of them if there are few; the rest stays in the iterator. */
export const readHead = async (chunks: AsyncIterator<Buffer>): Promise<Head> => {
  const head: Buffer[] = [];
  let sizeBytes = 0;
  while (sizeBytes <= INLINE_BYTES) {
    const { value, done } = await chunks.next();
    if (done) return { bytes: Buffer.concat(head), ended: true };
    head.push(value);
    sizeBytes += value.length;
  }
  return { bytes: Buffer.concat(head), ended: false };
};

export const inlineContent = (bytes: Buffer): NewContent => ({
  ...checksumsOf(bytes),
  sizeBytes: bytes.length,
  stored: { bytes },
});

/** Appends all that still comes. What was written before an error stays in the file. */
export const appendAll = async (
  handle: FileHandle,
  chunks: AsyncIterator<Buffer>,
  onChunk: (chunk: Buffer) => void,
): Promise<void> => {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    onChunk(next.value);
    await handle.appendFile(next.value);
  }
};

const receiveFile = async (files: ContentFiles, head: Buffer, chunks: AsyncIterator<Buffer>): Promise<NewContent> => {
  const file = files.newName();
  const checksums = new RunningChecksums();
  let sizeBytes = 0;
  const count = (chunk: Buffer): void => {
    checksums.update(chunk);
    sizeBytes += chunk.length;
  };
  try {
    const handle = await files.openForWriting(file);
    try {
      count(head);
      await handle.appendFile(head);
      await appendAll(handle, chunks, count);
    } finally {
      await handle.close();
    }
    return { ...checksums.digest(), sizeBytes, stored: { file } };
  } catch (error) {
    await files.remove(file);
    throw error;
  }
};

/** Takes a whole content of any length. Leaves nothing behind when the body breaks off. */
export const receiveContent = async (files: ContentFiles, body: AsyncIterable<Buffer>): Promise<NewContent> => {
  const chunks = body[Symbol.asyncIterator]();
  const { bytes, ended } = await readHead(chunks);
  return ended ? inlineContent(bytes) : await receiveFile(files, bytes, chunks);
};
