// https://cloud.google.com/storage/docs/json_api/v1/objects/list
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNames, type Fetch, type ListQuery, listPage } from "./list-objects.ts";

type Row = { readonly name: string; readonly generation: number };

/** Names that share prefixes, with characters on both sides of the surrogates. */
const nameArbitrary = fc
  .array(fc.constantFrom("a", "b", "/", "é", "\uffff", "\u{10000}", "a/b"), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""));

const rowsArbitrary = fc.uniqueArray(fc.record({ name: nameArbitrary, generation: fc.integer({ min: 1, max: 3 }) }), {
  selector: ({ name, generation }) => `${name} ${generation}`,
});

const textArbitrary = fc.oneof(fc.constant(""), nameArbitrary);

const queryArbitrary: fc.Arbitrary<Omit<ListQuery, "pageToken">> = fc.record({
  prefix: textArbitrary,
  delimiter: fc.constantFrom("", "/", "a/"),
  startOffset: textArbitrary,
  endOffset: fc.option(nameArbitrary, { nil: undefined }),
  includeTrailingDelimiter: fc.boolean(),
  maxResults: fc.integer({ min: 1, max: 4 }),
});

const compareRows = (left: Row, right: Row): number =>
  compareNames(left.name, right.name) || left.generation - right.generation;

const fetchFrom =
  (rows: readonly Row[]): Fetch<Row> =>
  ({ from, afterGeneration = -1, to, limit }) =>
    rows
      .filter((row) => compareRows(row, { name: from, generation: afterGeneration }) > 0)
      .filter(({ name }) => to === undefined || compareNames(name, to) < 0)
      .sort(compareRows)
      .slice(0, limit);

/** What the reference says, without pages: items and prefixes of the whole listing. */
const listNaively = (rows: readonly Row[], query: Omit<ListQuery, "pageToken">) => {
  const { prefix, delimiter, startOffset, endOffset, includeTrailingDelimiter } = query;
  const listed = rows
    .filter(({ name }) => name.startsWith(prefix) && compareNames(name, startOffset) >= 0)
    .filter(({ name }) => endOffset === undefined || compareNames(name, endOffset) < 0)
    .sort(compareRows);
  const delimiterAt = (name: string) => (delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length));
  const upToDelimiter = (name: string) => name.slice(0, delimiterAt(name) + delimiter.length);
  return {
    items: listed.filter(
      ({ name }) => delimiterAt(name) < 0 || (includeTrailingDelimiter && upToDelimiter(name) === name),
    ),
    prefixes: [...new Set(listed.filter(({ name }) => delimiterAt(name) >= 0).map(({ name }) => upToDelimiter(name)))],
  };
};

const listAllPages = (rows: readonly Row[], query: Omit<ListQuery, "pageToken">) => {
  const items: Row[] = [];
  const prefixes: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = listPage({ ...query, pageToken }, fetchFrom(rows));
    items.push(...page.items);
    prefixes.push(...page.prefixes);
    pageToken = page.nextPageToken;
    // An object that is shown as itself and as its prefix makes a page one longer.
    expect(page.items.length + page.prefixes.length).toBeLessThanOrEqual(query.maxResults + 1);
    if (pageToken !== undefined) expect(page.items.length + page.prefixes.length).toBeGreaterThan(0);
  } while (pageToken !== undefined);
  return { items, prefixes };
};

test("pages together are the whole listing, in the order of UTF-8 bytes", () => {
  fc.assert(
    fc.property(rowsArbitrary, queryArbitrary, (rows, query) => {
      expect(listAllPages(rows, query)).toEqual(listNaively(rows, query));
    }),
    { numRuns: 500 },
  );
});

test("passes over a large folder by a search", () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => ({ name: `big/${index}`, generation: 1 }));
  rows.push({ name: "z", generation: 1 });
  const fetched: number[] = [];
  const fetch: Fetch<Row> = (range) => {
    const found = fetchFrom(rows)(range);
    fetched.push(found.length);
    return found;
  };
  const query = { prefix: "", delimiter: "/", startOffset: "", endOffset: undefined, includeTrailingDelimiter: false };
  const page = listPage({ ...query, maxResults: 10, pageToken: undefined }, fetch);
  expect(page).toMatchObject({ prefixes: ["big/"], items: [{ name: "z" }], nextPageToken: undefined });
  expect(fetched.reduce((total, count) => total + count, 0)).toBeLessThan(25);
});

test("refuses a page token that is none", () => {
  const query = { prefix: "", delimiter: "", startOffset: "", endOffset: undefined, includeTrailingDelimiter: false };
  for (const pageToken of ["x", "e30", "!!"])
    expect(() => listPage({ ...query, maxResults: 1, pageToken }, () => [])).toThrow("Invalid page token");
});
