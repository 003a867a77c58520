// Pure. Does a document match a filter?
import { isObject } from "../json/json-object.ts";
import type { Comparator, Filter } from "./filter.ts";

/** A value's place in an order of its own, such as a severity's; undefined: it has none. */
export type Rank = (path: readonly string[], value: string) => number | undefined;

const noRank: Rank = () => undefined;

/** @param document plain JSON. A field that is missing matches no comparison but `!=`. */
export function matchesFilter(filter: Filter | undefined, document: unknown, rank: Rank = noRank): boolean {
  if (filter === undefined) return true;
  switch (filter.kind) {
    case "all":
      return filter.of.every((part) => matchesFilter(part, document, rank));
    case "any":
      return filter.of.some((part) => matchesFilter(part, document, rank));
    case "not":
      return !matchesFilter(filter.of, document, rank);
    case "text":
      return containsText(document, filter.value.toLowerCase());
    case "compare":
      return compareField(filter, document, rank);
  }
}

type Comparison = Extract<Filter, { kind: "compare" }>;

function compareField({ path, by, value }: Comparison, document: unknown, rank: Rank): boolean {
  const found = valuesAt(document, path);
  if (by === "!=") return !found.some((actual) => isEqual(actual, value));
  if (by === ":") return has(found, value);
  return found.some((actual) => compareTexts(actual, value, by, (text) => rank(path, text)));
}

const isEqual = (actual: unknown, value: string): boolean => String(actual) === value;

/** `labels:x` asks for a key, `text:x` for a part, `text:x*` for how it begins, `field:*` for presence. */
function has(found: readonly unknown[], value: string): boolean {
  if (value === "*") return found.some((actual) => actual !== undefined && actual !== null);
  const wanted = value.toLowerCase();
  return found.some((actual) => {
    if (isObject(actual)) return Object.hasOwn(actual, value);
    const text = String(actual).toLowerCase();
    return wanted.endsWith("*") ? text.startsWith(wanted.slice(0, -1)) : text.includes(wanted);
  });
}

function compareTexts(
  actual: unknown,
  value: string,
  by: Exclude<Comparator, "!=" | ":">,
  rank: (text: string) => number | undefined,
): boolean {
  if (isObject(actual)) return false;
  const order = compareOrdered(String(actual), value, rank);
  switch (by) {
    case "=":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function compareOrdered(actual: string, value: string, rank: (text: string) => number | undefined): number {
  for (const order of [rank, toNumber, toTime]) {
    const [left, right] = [order(actual), order(value)];
    if (left !== undefined && right !== undefined) return left - right;
  }
  return actual < value ? -1 : Number(actual > value);
}

const toNumber = (text: string): number | undefined => (/^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined);

/** Milliseconds, with what a timestamp has beyond them as a fraction. */
const toTime = (text: string): number | undefined => {
  const match = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3}(\d*))?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const time = match ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time + Number(`0.${match?.[1] || "0"}`);
};

/** All values below a path: lists are looked into. Field names may be written in either of JSON's and the protos' cases. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [first, ...rest] = path;
  if (first === undefined) return value === undefined ? [] : [value];
  if (!isObject(value)) return [];
  const key = [first, toCamel(first)].find((name) => Object.hasOwn(value, name));
  return key === undefined ? [] : valuesAt(value[key], rest);
}

const toCamel = (name: string): string => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function containsText(value: unknown, text: string): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some((item) => containsText(item, text));
  return String(value).toLowerCase().includes(text);
}
