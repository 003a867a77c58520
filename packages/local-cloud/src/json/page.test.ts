import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { takePage } from "./page.ts";

const limits = { size: 3, max: 5 };
const identity = (text: string): string => text;

/** All items, a page at a time; `between` may change the list while it is read. */
function readAll(items: string[], pageSize: number, between: () => void = () => {}): readonly string[] {
  const found: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = takePage(items, identity, { pageSize, pageToken }, limits);
    found.push(...page.items);
    if (page.nextPageToken === "") return found;
    pageToken = page.nextPageToken;
    between();
  }
}

describe("pages", () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 30 });

  test("hold every item once, in either order", () => {
    fc.assert(
      fc.property(keys, fc.nat(8), fc.boolean(), (items, pageSize, descending) => {
        const sorted = items.toSorted((one, other) => (one < other ? -1 : 1) * (descending ? -1 : 1));
        expect(readAll(sorted, pageSize)).toEqual(sorted);
      }),
    );
  });

  test("neither repeat nor skip what stays while others come and go", () => {
    const items = ["a", "b", "c", "d", "e", "f"];
    const found = readAll(items, 2, () => {
      items.shift();
      if (!items.includes("0")) items.unshift("0");
    });
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(["e", "f"]));
  });

  test("are at most as large as allowed", () => {
    const items = ["a", "b", "c", "d", "e", "f"];
    const sizeOf = (pageSize: unknown) =>
      takePage(items, identity, { pageSize, pageToken: undefined }, limits).items.length;
    expect([sizeOf(undefined), sizeOf(0), sizeOf("2"), sizeOf(100)]).toEqual([3, 3, 2, 5]);
  });

  test.each([["not base64!"], [1], [{}], ["YQ="]])("refuse the token %j", (pageToken) => {
    expect(() => takePage([], identity, { pageSize: 1, pageToken }, limits)).toThrow("Invalid page token");
  });

  test.each([-1, 1.5, "x", Number.POSITIVE_INFINITY])("refuse the size %j", (pageSize) => {
    expect(() => takePage([], identity, { pageSize, pageToken: "" }, limits)).toThrow("Invalid page size");
  });
});
