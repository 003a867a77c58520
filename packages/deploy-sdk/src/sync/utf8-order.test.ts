import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8, sortByUtf8 } from "./utf8-order.ts";

const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "я", "\uffee", "\ue000", "😀", "𐀀") });

describe("compareUtf8", () => {
  it("orders as the UTF-8 bytes are ordered", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it("puts what JavaScript sorts first, a surrogate pair, after U+FFEE", () => {
    expect("😀" < "\uffee").toBe(true);
    expect(compareUtf8("😀", "\uffee")).toBeGreaterThan(0);
  });
});

describe("sortByUtf8", () => {
  it("sorts with and without surrogate pairs", () => {
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const expected = names
          .map((text) => Buffer.from(text))
          .sort(Buffer.compare)
          .map(String);
        expect(sortByUtf8(names, (text) => text)).toEqual(expected);
      }),
    );
  });
});
