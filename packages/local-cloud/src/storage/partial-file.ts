// The file of a resumable upload: what has arrived of it, over breaks and restarts. Its length says how much; a break
// keeps whole multiples of 256 KiB. Checksums of what is kept are known in memory, or read back from the file.
import type { ContentFiles } from "./content-files.ts";
import { RunningChecksums } from "./content-hash.ts";
import { appendAll, type NewContent } from "./receive-content.ts";

/** https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload */
const CHUNK_BYTES = 256 * 1024;

type Known = { readonly checksums: RunningChecksums; readonly sizeBytes: number };

export type PartialFiles = {
  /** Bytes that have arrived: all of them, or whole chunks. */
  readonly arrived: (file: string, totalBytes: number | undefined) => Promise<number>;
  readonly truncate: (file: string, sizeBytes: number) => Promise<void>;
  /** Writes on from `fromBytes`, which is the file's length; returns the new length, also known after an error. */
  readonly append: (file: string, fromBytes: number, chunks: AsyncIterator<Buffer>) => Promise<number>;
  /** The whole file as a content. */
  readonly finish: (file: string, sizeBytes: number) => Promise<NewContent>;
  readonly forget: (file: string) => void;
};

/** Uploads that are under way at once, of which the checksums are remembered. */
const MAX_KNOWN = 1_000;

export const wholeChunks = (sizeBytes: number): number => sizeBytes - (sizeBytes % CHUNK_BYTES);

export const createPartialFiles = (files: ContentFiles): PartialFiles => {
  const known = new Map<string, Known>();

  const sizeOf = async (file: string): Promise<number> => {
    const handle = await files.openForWriting(file);
    try {
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  };

  const truncate = async (file: string, sizeBytes: number): Promise<void> => {
    const handle = await files.openForWriting(file);
    try {
      await handle.truncate(sizeBytes);
    } finally {
      await handle.close();
    }
  };

  const readBack = async (file: string, sizeBytes: number): Promise<RunningChecksums> => {
    const checksums = new RunningChecksums();
    const handle = sizeBytes > 0 ? await files.openForReading(file) : undefined;
    const stream = handle?.createReadStream({ end: sizeBytes - 1 });
    for await (const chunk of stream ?? []) checksums.update(chunk as Buffer);
    return checksums;
  };

  /** Taken out of memory: whoever goes on with them puts them back. */
  const takeChecksums = async (file: string, sizeBytes: number): Promise<RunningChecksums> => {
    const found = known.get(file);
    known.delete(file);
    return found?.sizeBytes === sizeBytes ? found.checksums : await readBack(file, sizeBytes);
  };

  return {
    arrived: async (file, totalBytes) => {
      const sizeBytes = await sizeOf(file);
      return sizeBytes === totalBytes ? sizeBytes : wholeChunks(sizeBytes);
    },
    truncate,
    append: async (file, fromBytes, chunks) => {
      await truncate(file, fromBytes);
      const checksums = await takeChecksums(file, fromBytes);
      const handle = await files.openForWriting(file);
      let sizeBytes = fromBytes;
      try {
        await appendAll(handle, chunks, (chunk) => {
          checksums.update(chunk);
          sizeBytes += chunk.length;
        });
      } finally {
        await handle.close();
      }
      if (known.size < MAX_KNOWN) known.set(file, { checksums, sizeBytes });
      return sizeBytes;
    },
    finish: async (file, sizeBytes) => ({
      ...(await takeChecksums(file, sizeBytes)).digest(),
      sizeBytes,
      stored: { file },
    }),
    forget: (file) => {
      known.delete(file);
    },
  };
};
