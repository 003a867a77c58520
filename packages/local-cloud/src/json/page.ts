// One page of a list, and the token for the next: https://google.aip.dev/158
import { GoogleError } from "../server/google-error.ts";

export type PageRequest = {
  readonly pageSize: unknown;
  readonly pageToken: unknown;
};

export type Page<Item> = { readonly items: readonly Item[]; readonly nextPageToken: string };

type PageLimits = { readonly size: number; readonly max: number };

/**
 * @param keyOf what items are sorted by, ascending or descending: a token names the last one given, so that items which
 * are made or removed meanwhile shift nothing.
 */
export function takePage<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { pageSize, pageToken }: PageRequest,
  limits: PageLimits,
): Page<Item> {
  const after = parseToken(pageToken);
  const from = after === undefined ? 0 : indexAfter(items.map(keyOf), after);
  const size = Math.min(parseSize(pageSize) || limits.size, limits.max);
  const page = items.slice(from, from + size);
  const last = page.at(-1);
  const more = last !== undefined && from + size < items.length;
  return { items: page, nextPageToken: more ? Buffer.from(keyOf(last)).toString("base64url") : "" };
}

function indexAfter(keys: readonly string[], after: string): number {
  const ascending = (keys[0] ?? "") <= (keys.at(-1) ?? "");
  const found = keys.findIndex((key) => (ascending ? key > after : key < after));
  return found < 0 ? keys.length : found;
}

function parseToken(token: unknown): string | undefined {
  if (token === undefined || token === null || token === "") return undefined;
  const text = typeof token === "string" ? Buffer.from(token, "base64url").toString() : "";
  if (text !== "" && Buffer.from(text).toString("base64url") === token) return text;
  throw new GoogleError("INVALID_ARGUMENT", "Invalid page token.");
}

function parseSize(size: unknown): number {
  const number = Number(size ?? 0);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new GoogleError("INVALID_ARGUMENT", "Invalid page size.");
}
