// Pure. From a filter's text to its tree.
import { GoogleError } from "../server/google-error.ts";
import type { Comparator, Filter } from "./filter.ts";
import { type Token, tokenizeFilter } from "./tokenize-filter.ts";

/** Parentheses within parentheses that are followed: deeper ones only come from someone who tries. */
const maxDepth = 32;

type Cursor = { readonly tokens: readonly Token[]; at: number; depth: number };

/**
 * @returns undefined for an empty filter, which everything matches.
 * @throws {GoogleError} INVALID_ARGUMENT where it is none; UNIMPLEMENTED for `=~` and `!~`.
 */
export function parseFilter(text: string): Filter | undefined {
  const cursor: Cursor = { tokens: tokenizeFilter(text), at: 0, depth: 0 };
  if (cursor.tokens.length === 0) return undefined;
  const filter = parseAll(cursor);
  if (cursor.at < cursor.tokens.length) throw unexpected(cursor);
  return filter;
}

function unexpected({ tokens, at }: Cursor): GoogleError {
  const token = tokens[at];
  const text = token && "text" in token ? token.text.slice(0, 100) : (token?.kind ?? "end of filter");
  return new GoogleError("INVALID_ARGUMENT", `Unparseable filter: unexpected '${text}'`);
}

const isKeyword = (token: Token | undefined, keyword: string): boolean =>
  token?.kind === "text" && !token.quoted && token.text === keyword;

function takeKeyword(cursor: Cursor, keyword: string): boolean {
  const found = isKeyword(cursor.tokens[cursor.at], keyword);
  if (found) cursor.at += 1;
  return found;
}

function take(cursor: Cursor, kind: Token["kind"]): Token | undefined {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== kind) return undefined;
  cursor.at += 1;
  return token;
}

const join = (kind: "all" | "any", of: readonly Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { kind, of });

function parseAll(cursor: Cursor): Filter {
  const parts = [parseAny(cursor)];
  for (;;) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined || token.kind === "close") return join("all", parts);
    takeKeyword(cursor, "AND");
    parts.push(parseAny(cursor));
  }
}

function parseAny(cursor: Cursor): Filter {
  const parts = [parseNot(cursor)];
  while (takeKeyword(cursor, "OR")) parts.push(parseNot(cursor));
  return join("any", parts);
}

function parseNot(cursor: Cursor): Filter {
  if (takeKeyword(cursor, "NOT") || take(cursor, "minus")) return { kind: "not", of: parseTerm(cursor) };
  return parseTerm(cursor);
}

function parseTerm(cursor: Cursor): Filter {
  if (take(cursor, "open")) return inParentheses(cursor, () => parseAll(cursor));
  const path = parsePath(cursor);
  const comparator = take(cursor, "comparator");
  if (comparator?.kind === "comparator") return parseValue(cursor, path, toComparator(comparator.text));
  return { kind: "text", value: path.join(".") };
}

function inParentheses(cursor: Cursor, parse: () => Filter): Filter {
  cursor.depth += 1;
  if (cursor.depth > maxDepth) throw new GoogleError("INVALID_ARGUMENT", "Unparseable filter: nested too deeply");
  const inner = parse();
  if (!take(cursor, "close")) throw unexpected(cursor);
  cursor.depth -= 1;
  return inner;
}

function parsePath(cursor: Cursor): readonly string[] {
  const segments: string[] = [];
  do segments.push(parseText(cursor));
  while (take(cursor, "dot"));
  return segments;
}

const keywords: readonly string[] = ["AND", "OR", "NOT"];

function parseText(cursor: Cursor): string {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== "text" || (!token.quoted && keywords.includes(token.text))) throw unexpected(cursor);
  cursor.at += 1;
  return token.text;
}

function toComparator(text: string): Comparator {
  if (text !== "=~" && text !== "!~") return text as Comparator;
  throw new GoogleError("UNIMPLEMENTED", `The local cloud does not match regular expressions (${text}) in filters.`);
}

/** `a = b`, or `a = (b OR c)`: the values of a group are each compared with the field. */
function parseValue(cursor: Cursor, path: readonly string[], by: Comparator): Filter {
  if (take(cursor, "open")) return inParentheses(cursor, () => withField(parseAll(cursor), path, by));
  const negative = take(cursor, "minus") ? "-" : "";
  return { kind: "compare", path, by, value: negative + parsePath(cursor).join(".") };
}

function withField(filter: Filter, path: readonly string[], by: Comparator): Filter {
  if (filter.kind === "text") return { kind: "compare", path, by, value: filter.value };
  if (filter.kind === "not") return { kind: "not", of: withField(filter.of, path, by) };
  if (filter.kind === "compare") {
    throw new GoogleError("INVALID_ARGUMENT", "Unparseable filter: a comparison within a group of values");
  }
  return { kind: filter.kind, of: filter.of.map((part) => withField(part, path, by)) };
}
