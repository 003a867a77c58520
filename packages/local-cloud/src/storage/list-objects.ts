// Objects of a bucket page by page, with delimiters: https://cloud.google.com/storage/docs/json_api/v1/objects/list
// Pure but for `fetch`, which reads one range of an ordered index.
import { prefixEnd } from "../store/prefix-end.ts";
import { StorageError } from "./storage-error.ts";

export type ListQuery = {
  readonly prefix: string;
  /** Empty: none. */
  readonly delimiter: string;
  /** Included. */
  readonly startOffset: string;
  /** Excluded; undefined: none. */
  readonly endOffset: string | undefined;
  /** Objects that end in the delimiter are shown as objects too. */
  readonly includeTrailingDelimiter: boolean;
  /** At least 1: objects and prefixes together. */
  readonly maxResults: number;
  readonly pageToken: string | undefined;
};

type Listed = { readonly name: string; readonly generation: number };

/** A place in the index: from this name on, or after this generation of it. */
export type Place = { readonly from: string; readonly afterGeneration?: number };

export type Fetch<Item> = (
  range: Place & { readonly to: string | undefined; readonly limit: number },
) => readonly Item[];

export type ListPage<Item> = {
  readonly items: readonly Item[];
  readonly prefixes: readonly string[];
  readonly nextPageToken: string | undefined;
};

/** Order of UTF-8 bytes. JavaScript's own differs where surrogates meet what is above them. */
export const compareNames = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

const later = (left: string, right: string): string => (compareNames(left, right) >= 0 ? left : right);

/** Where a page ended, and the prefix that was shown last: the next page must not show it again. */
type Resumption = { readonly place: Place; readonly shownPrefix: string | undefined };

const encodeToken = ({ place, shownPrefix }: Resumption): string =>
  Buffer.from(JSON.stringify([place.from, place.afterGeneration ?? null, shownPrefix ?? null])).toString("base64url");

const decodeToken = (token: string): Resumption => {
  try {
    const [from, generation, prefix] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    const place = typeof generation === "number" ? { afterGeneration: generation } : {};
    if (typeof from === "string")
      return { place: { from, ...place }, shownPrefix: typeof prefix === "string" ? prefix : undefined };
  } catch {
    // Not one of ours: refused below.
  }
  throw new StorageError("invalid", "Invalid page token", "pageToken");
};

const startOf = ({ prefix, startOffset, pageToken }: ListQuery): Resumption => {
  const from = later(prefix, startOffset);
  const resumed = pageToken === undefined ? undefined : decodeToken(pageToken);
  const within = resumed !== undefined && compareNames(resumed.place.from, from) >= 0;
  return within ? resumed : { place: { from }, shownPrefix: undefined };
};

const endOf = ({ prefix, endOffset }: ListQuery): string | undefined => {
  const end = prefixEnd(prefix);
  if (end === undefined || endOffset === undefined || endOffset === "") return end ?? (endOffset || undefined);
  return compareNames(end, endOffset) <= 0 ? end : endOffset;
};

/** The common prefix that stands for a name, up to and with the delimiter; undefined where it is shown itself. */
const commonPrefix = (name: string, { prefix, delimiter }: ListQuery): string | undefined => {
  const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
};

type Progress<Item> = {
  readonly items: Item[];
  readonly prefixes: string[];
  /** Where the next row is to be looked for. Undefined: nowhere. */
  next: Place | undefined;
  shownPrefix: string | undefined;
};

/** Shows a row, or the prefix that it is behind, and moves on. False: the page is full without it. */
const show = <Item extends Listed>(row: Item, query: ListQuery, progress: Progress<Item>): boolean => {
  const prefix = commonPrefix(row.name, query);
  const asItem = prefix === undefined || (query.includeTrailingDelimiter && prefix === row.name);
  const asPrefix = prefix !== undefined && prefix !== progress.shownPrefix;
  const full = progress.items.length + progress.prefixes.length >= query.maxResults;
  if (full && (asItem || asPrefix)) return false;
  if (asItem) progress.items.push(row);
  if (asPrefix) {
    progress.prefixes.push(prefix);
    progress.shownPrefix = prefix;
  }
  progress.next = { from: row.name, afterGeneration: row.generation };
  return true;
};

/** A whole subtree behind one prefix is passed over by a search, not row by row. */
const skipPrefix = (name: string, query: ListQuery): Place | undefined => {
  const prefix = commonPrefix(name, query);
  const asItem = query.includeTrailingDelimiter && prefix === name;
  const end = prefix === undefined || asItem ? undefined : prefixEnd(prefix);
  return end === undefined ? undefined : { from: end };
};

/** One page. `fetch` returns rows ordered by name, then generation, from a place on. */
export const listPage = <Item extends Listed>(query: ListQuery, fetch: Fetch<Item>): ListPage<Item> => {
  const to = endOf(query);
  const { place, shownPrefix } = startOf(query);
  const progress: Progress<Item> = { items: [], prefixes: [], next: place, shownPrefix };
  const { items, prefixes } = progress;
  while (progress.next !== undefined) {
    const limit = Math.max(1, query.maxResults - items.length - prefixes.length + 1);
    const rows = fetch({ ...progress.next, to, limit });
    for (const row of rows) {
      if (show(row, query, progress)) continue;
      return {
        items,
        prefixes,
        nextPageToken: encodeToken({ place: progress.next, shownPrefix: progress.shownPrefix }),
      };
    }
    const last = rows.at(-1);
    const exhausted = rows.length < limit || last === undefined;
    progress.next = exhausted ? undefined : (skipPrefix(last.name, query) ?? progress.next);
  }
  return { items, prefixes, nextPageToken: undefined };
};
