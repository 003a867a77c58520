import { GoogleError } from "../server/google-error.ts";

export type Token =
  | { readonly kind: "open" | "close" | "dot" | "minus" }
  | { readonly kind: "comparator"; readonly text: string }
  /** `quoted` texts are never keywords. */
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean };

/** Logging's own limit: https://cloud.google.com/logging/quotas */
const maxFilterLength = 20_000;

const space = /\s+|--[^\n]*/y;
const punctuation = { "(": "open", ")": "close", ".": "dot", "-": "minus" } as const;
const comparator = /!=|<=|>=|=~|!~|[=<>:]/y;
const quoted = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy;
// A dot ends a word, so that a path has its segments; but not between digits, as in 1.5 or 12:00:00.123Z.
const word = /(?:[^\s()"'=<>!:.]|(?<=[0-9])[.:](?=[0-9]))+/y;

/** @throws {GoogleError} INVALID_ARGUMENT, with the place. */
export function tokenizeFilter(filter: string): readonly Token[] {
  if (filter.length > maxFilterLength) {
    throw new GoogleError("INVALID_ARGUMENT", `Filters of more than ${maxFilterLength} characters are not taken.`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    const blank = matchAt(space, filter, at);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const [token, length] = readToken(filter, at);
    tokens.push(token);
    at += length;
  }
  return tokens;
}

function readToken(filter: string, at: number): readonly [Token, number] {
  const character = filter[at] ?? "";
  const kind = punctuation[character as keyof typeof punctuation];
  // `-x` negates, `a-b` is one word: a word never starts with a minus.
  if (kind) return [{ kind }, 1];
  const sign = matchAt(comparator, filter, at);
  if (sign) return [{ kind: "comparator", text: sign[0] }, sign[0].length];
  const string = matchAt(quoted, filter, at);
  if (string)
    return [{ kind: "text", text: unescapeText(string[1] ?? string[2] ?? ""), quoted: true }, string[0].length];
  const plain = matchAt(word, filter, at);
  if (plain) return [{ kind: "text", text: plain[0], quoted: false }, plain[0].length];
  throw new GoogleError(
    "INVALID_ARGUMENT",
    `Unparseable filter: syntax error at column ${at + 1}, token '${character}'`,
  );
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

const unescapeText = (text: string): string =>
  text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
  );
