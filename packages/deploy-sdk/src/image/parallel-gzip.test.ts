import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gzipBlocks } from "./parallel-gzip.ts";

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const gzip = (chunks: readonly Uint8Array[], blockBytes = 64): Promise<Buffer> =>
  buffer(gzipBlocks(chunksOf(chunks), { level: 6, blockBytes, parallel: 3 }));

test("gives back what went in, whatever its length", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, async (given) => {
      expect(gunzipSync(await gzip(given))).toEqual(Buffer.concat(given));
    }),
    { numRuns: 200 },
  );
});

test("does not depend on how the bytes arrive", async () => {
  const bytes = Buffer.from("the quick brown fox jumps over the lazy dog ".repeat(20));
  const whole = await gzip([bytes]);
  const single = await gzip(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)));
  expect(single.equals(whole)).toBe(true);
});

test("reports what its source fails with", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(1000);
    throw new Error("the disk is gone");
  }
  await expect(buffer(gzipBlocks(broken(), { level: 1, blockBytes: 64 }))).rejects.toThrow("the disk is gone");
});
