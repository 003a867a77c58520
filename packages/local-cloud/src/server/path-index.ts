// Finds the entries whose templates match a path: a trie by segment, literals before `*` before `**`.
import { bindVariables, type PathTemplate, parseTemplate } from "./path-template.ts";

type Entry<Value> = { readonly template: PathTemplate; readonly value: Value };

type TrieNode<Value> = {
  readonly literals: Map<string, TrieNode<Value>>;
  one: TrieNode<Value> | undefined;
  many: TrieNode<Value> | undefined;
  /** By `METHOD verb`. */
  readonly entries: Map<string, Entry<Value>[]>;
};

export type PathMatch<Value> = { readonly value: Value; readonly params: Readonly<Record<string, string>> };

export type PathIndex<Value> = {
  /** Still percent-encoded path. Best match first; a verb wins over a `*` that swallows the colon. */
  readonly find: (method: string, path: string) => readonly PathMatch<Value>[];
};

const createNode = <Value>(): TrieNode<Value> => ({
  literals: new Map(),
  one: undefined,
  many: undefined,
  entries: new Map(),
});

const childFor = <Value>(node: TrieNode<Value>, segment: PathTemplate["segments"][number]): TrieNode<Value> => {
  if (segment === "*") {
    node.one ??= createNode();
    return node.one;
  }
  if (segment === "**") {
    node.many ??= createNode();
    return node.many;
  }
  const child = node.literals.get(segment.literal) ?? createNode<Value>();
  node.literals.set(segment.literal, child);
  return child;
};

const insert = <Value>(root: TrieNode<Value>, method: string, written: string, value: Value): void => {
  const template = parseTemplate(written);
  const node = template.segments.reduce(childFor, root);
  const key = `${method} ${template.verb ?? ""}`;
  node.entries.set(key, [...(node.entries.get(key) ?? []), { template, value }]);
};

const collect = <Value>(node: TrieNode<Value>, path: readonly string[], at: number, key: string): Entry<Value>[] => {
  const segment = path[at];
  const here = segment === undefined ? (node.entries.get(key) ?? []) : [];
  const literal = segment === undefined ? undefined : node.literals.get(segment);
  const found = [...here, ...(literal === undefined ? [] : collect(literal, path, at + 1, key))];
  if (node.one !== undefined && segment !== undefined && segment !== "")
    found.push(...collect(node.one, path, at + 1, key));
  for (let next = at; node.many !== undefined && next <= path.length; next += 1)
    found.push(...collect(node.many, path, next, key));
  return found;
};

const splitVerb = (
  path: readonly string[],
): { readonly path: readonly string[]; readonly verb: string } | undefined => {
  const last = path.at(-1) ?? "";
  const colon = last.lastIndexOf(":");
  return colon < 0 ? undefined : { path: [...path.slice(0, -1), last.slice(0, colon)], verb: last.slice(colon + 1) };
};

export const createPathIndex = <Value>(
  routes: Iterable<{ readonly method: string; readonly template: string; readonly value: Value }>,
): PathIndex<Value> => {
  const root = createNode<Value>();
  for (const { method, template, value } of routes) insert(root, method, template, value);
  const matches = (method: string, path: readonly string[], verb: string): PathMatch<Value>[] =>
    collect(root, path, 0, `${method} ${verb}`).map(({ template, value }) => ({
      value,
      params: bindVariables(template, path),
    }));
  return {
    find: (method, path) => {
      const segments = path.slice(1).split("/");
      const split = splitVerb(segments);
      const whole = matches(method, segments, "");
      return split === undefined ? whole : [...matches(method, split.path, split.verb), ...whole];
    },
  };
};
