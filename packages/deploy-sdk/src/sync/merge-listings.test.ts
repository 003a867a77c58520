import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeListings } from "./merge-listings.ts";
import { sortByUtf8 } from "./utf8-order.ts";

const names = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "\uffee", "😀"), minLength: 1, maxLength: 4 }))
  .map((list) => sortByUtf8(list, (text) => text));

async function* pagesOf(list: readonly string[], size: number): AsyncGenerator<readonly { readonly name: string }[]> {
  for (let start = 0; start < list.length; start += size)
    yield list.slice(start, start + size).map((text) => ({ name: text }));
}

describe("mergeListings", () => {
  it("meets every name once, with what is on either side, whatever the pages are", async () => {
    await fc.assert(
      fc.asyncProperty(names, names, fc.integer({ min: 1, max: 5 }), async (local, remote, pageSize) => {
        const met: string[] = [];
        await mergeListings(
          local,
          (text) => text,
          pagesOf(remote, pageSize),
          ({ local: here, remote: there }) => {
            expect(here ?? there?.name).toBe(there?.name ?? here);
            met.push(`${here === undefined ? "-" : "l"}${there === undefined ? "-" : "r"} ${here ?? there?.name}`);
          },
        );
        const expected = sortByUtf8([...new Set([...local, ...remote])], (text) => text).map(
          (text) => `${local.includes(text) ? "l" : "-"}${remote.includes(text) ? "r" : "-"} ${text}`,
        );
        expect(met).toEqual(expected);
      }),
    );
  });

  it("refuses a listing that is out of order instead of taking files for missing", async () => {
    const merging = mergeListings([], String, pagesOf(["b", "a"], 1), () => {});
    await expect(merging).rejects.toMatchObject({ code: "remote-failed" });
  });
});
