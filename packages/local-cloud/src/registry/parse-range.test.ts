import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRange } from "./blob-routes.ts";

test.each([undefined, "", "bytes=", "bytes=-", "bytes=5-2", "items=0-1", "bytes=0-1,3-4", "bytes=a-b"])(
  "%j asks for the whole",
  (header) => {
    expect(parseRange(header, 10)).toBeUndefined();
  },
);

test("a range is always within the blob", () => {
  const number = fc.option(fc.nat(50));
  fc.assert(
    fc.property(fc.nat(30), number, number, (sizeBytes, first, last) => {
      try {
        const range = parseRange(`bytes=${first ?? ""}-${last ?? ""}`, sizeBytes);
        if (range) expect(range.start >= 0 && range.start <= range.end && range.end < sizeBytes).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ status: 416, headers: { "content-range": `bytes */${sizeBytes}` } });
      }
    }),
  );
});
