// The language in which Google's lists are filtered: https://google.aip.dev/160, and Logging's dialect of it,
// https://cloud.google.com/logging/docs/view/logging-query-language. NOT binds tightest, then OR, then AND; terms side by
// side are joined by AND.

export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":";

export type Filter =
  | { readonly kind: "all"; readonly of: readonly Filter[] }
  | { readonly kind: "any"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "compare"; readonly path: readonly string[]; readonly by: Comparator; readonly value: string }
  /** A term of its own: some text of the document contains it. */
  | { readonly kind: "text"; readonly value: string };
