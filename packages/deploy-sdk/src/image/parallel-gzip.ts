// One gzip member made on several cores: blocks of a fixed size are deflated on their own and joined at byte boundaries,
// as pigz does (RFC 1951 allows it, RFC 1952 frames it). The result depends on the bytes alone, not on their chunking.
import { promisify } from "node:util";
import { constants, crc32, deflateRaw } from "node:zlib";

const deflate = promisify(deflateRaw);

export type GzipOptions = {
  readonly level: number;
  /** A part of the format of the result: another size gives other bytes. */
  readonly blockBytes?: number;
  /** Blocks in work at once; libuv's pool has four threads. */
  readonly parallel?: number;
};

/** No time and no name; operating system "unknown". */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

export async function* gzipBlocks(
  source: AsyncIterable<Uint8Array>,
  { level, blockBytes = 1 << 20, parallel = 4 }: GzipOptions,
): AsyncGenerator<Uint8Array> {
  yield header;
  const pending: Promise<Buffer>[] = [];
  let crc = 0;
  let sizeBytes = 0;
  for await (const { block, last } of blocksOf(source, blockBytes)) {
    crc = crc32(block, crc);
    sizeBytes += block.length;
    const finishFlush = last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    pending.push(handled(deflate(block, { level, finishFlush })));
    while (pending.length >= parallel || (last && pending.length > 0)) yield await (pending.shift() as Promise<Buffer>);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4);
  yield trailer;
}

/** A block that fails while an earlier one is awaited is reported when its turn comes. */
function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** The source cut into blocks of exactly `blockBytes`, but for the last, which may be shorter or empty. */
async function* blocksOf(
  source: AsyncIterable<Uint8Array>,
  blockBytes: number,
): AsyncGenerator<{ readonly block: Buffer; readonly last: boolean }> {
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = 0;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.length; ) {
      if (filled === blockBytes) {
        yield { block, last: false };
        block = Buffer.allocUnsafe(blockBytes);
        filled = 0;
      }
      const taken = Math.min(blockBytes - filled, chunk.length - offset);
      block.set(chunk.subarray(offset, offset + taken), filled);
      filled += taken;
      offset += taken;
    }
  }
  yield { block: block.subarray(0, filled), last: true };
}
