// Google's path templates: `/v2/{name=projects/*/locations/*}:verb`. `*` is one segment, `**` any number of them.
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto ("Path template syntax")
import { GoogleError } from "./google-error.ts";

/** A segment of the pattern: a literal (still as written), one segment, or any number. */
export type PatternSegment = { readonly literal: string } | "*" | "**";

type Variable = { readonly name: string; readonly from: number; readonly to: number };

export type PathTemplate = {
  readonly segments: readonly PatternSegment[];
  readonly variables: readonly Variable[];
  readonly verb: string | undefined;
};

const verbOf = (template: string): { readonly path: string; readonly verb: string | undefined } => {
  const match = /^(.*):([A-Za-z]+)$/.exec(template);
  const outside = match?.[1] !== undefined && !/\{[^}]*$/.test(match[1]);
  return outside ? { path: match[1] ?? "", verb: match[2] } : { path: template, verb: undefined };
};

const toSegment = (text: string): PatternSegment => (text === "*" || text === "**" ? text : { literal: text });

/** Throws on a template that is not one: a mistake in the program, not in a request. */
export const parseTemplate = (template: string): PathTemplate => {
  const { path, verb } = verbOf(template);
  const segments: PatternSegment[] = [];
  const variables: Variable[] = [];
  for (const [part] of path.matchAll(/\{[^}]*\}|[^/{}]+/g)) {
    const variable = /^\{([\w.]+)(?:=(.+))?\}$/.exec(part);
    const from = segments.length;
    const pattern = variable === null ? part : (variable[2] ?? "*");
    segments.push(...pattern.split("/").map(toSegment));
    if (variable?.[1] !== undefined) variables.push({ name: variable[1], from, to: segments.length });
  }
  // `/v2/` is another path than `/v2`: the registry's specification writes some with the slash.
  if (path.length > 1 && path.endsWith("/")) segments.push({ literal: "" });
  if (!path.startsWith("/") || segments.filter((segment) => segment === "**").length > 1)
    throw new Error(`not a path template: ${template}`);
  return { segments, variables, verb };
};

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GoogleError("INVALID_ARGUMENT", `Invalid percent-encoding in the path: ${segment.slice(0, 200)}`);
  }
};

/** A slash that was encoded stays so among several segments, else `a%2Fb` would become two of them. */
const decodeOneOfMany = (segment: string): string => decode(segment).replaceAll("/", "%2F");

/** Percent-decoded variables of a path that is known to match. */
export const bindVariables = (template: PathTemplate, path: readonly string[]): Record<string, string> => {
  const rest = template.segments.indexOf("**");
  const growth = path.length - template.segments.length;
  const position = (index: number): number => (rest >= 0 && index > rest ? index + growth : index);
  const params: Record<string, string> = {};
  for (const { name, from, to } of template.variables) {
    const segments = path.slice(position(from), position(to));
    const single = to - from === 1 && template.segments[from] === "*";
    params[name] = single ? decode(segments[0] ?? "") : segments.map(decodeOneOfMany).join("/");
  }
  return params;
};
