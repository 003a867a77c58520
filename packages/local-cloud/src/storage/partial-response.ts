// The `fields` parameter: `items(name,metadata/key),nextPageToken`.
// https://cloud.google.com/storage/docs/json_api#partial-response
import { StorageError } from "./storage-error.ts";

/** What is wanted of an object, by property; "all" of it at a leaf. `*` stands for every property. */
export type FieldTree = "all" | ReadonlyMap<string, FieldTree>;

const MAX_LENGTH = 8_192;
const MAX_DEPTH = 20;

const invalid = (fields: string): StorageError =>
  new StorageError("invalid", `Invalid field selection ${fields.slice(0, 200)}`, "fields");

const merge = (left: FieldTree | undefined, right: FieldTree): FieldTree => {
  if (left === undefined) return right;
  if (left === "all" || right === "all") return "all";
  const merged = new Map(left);
  for (const [name, tree] of right) merged.set(name, merge(merged.get(name), tree));
  return merged;
};

/** Reads from `tokens` (names, `,`, `/`, `(`, `)`), which it consumes. */
const readList = (tokens: string[], fields: string, depth: number): FieldTree => {
  let tree: FieldTree = new Map();
  if (depth > MAX_DEPTH) throw invalid(fields);
  do tree = merge(tree, readPath(tokens, fields, depth));
  while (tokens[0] === "," && tokens.shift() !== undefined);
  return tree;
};

const readPath = (tokens: string[], fields: string, depth: number): FieldTree => {
  const name = tokens.shift();
  if (name === undefined || /^[,/()]$/.test(name) || depth > MAX_DEPTH) throw invalid(fields);
  if (tokens[0] === "/") {
    tokens.shift();
    return new Map([[name, readPath(tokens, fields, depth + 1)]]);
  }
  if (tokens[0] !== "(") return new Map([[name, "all"]]);
  tokens.shift();
  const inner = readList(tokens, fields, depth + 1);
  if (tokens.shift() !== ")") throw invalid(fields);
  return new Map([[name, inner]]);
};

/** Undefined or empty text selects everything. Throws on a syntax that is none. */
export const parseFields = (fields: string | null): FieldTree => {
  if (fields === null || fields.trim() === "") return "all";
  if (fields.length > MAX_LENGTH) throw invalid(fields);
  const tokens = fields.match(/[,/()]|[^,/()\s]+/g) ?? [];
  const tree = readList(tokens, fields, 0);
  if (tokens.length > 0) throw invalid(fields);
  return tree;
};

/** The part of the tree below a property; undefined where the property is not wanted. */
export const selectField = (tree: FieldTree, name: string): FieldTree | undefined =>
  tree === "all" ? "all" : (tree.get(name) ?? tree.get("*"));

/** Drops what is not wanted. Lists are filtered item by item. */
export const applyFields = (value: unknown, tree: FieldTree): unknown => {
  if (tree === "all" || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => applyFields(item, tree));
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const below = selectField(tree, name);
    if (below !== undefined) kept.push([name, applyFields(item, below)]);
  }
  return Object.fromEntries(kept);
};
