// A gRPC call as the request of the same method's HTTP rule. Pure.
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto ("Rules for HTTP mapping")

import { type PathTemplate, type PatternSegment, parseTemplate } from "../server/path-template.ts";
import { camelCase, camelCasePath } from "../server/proto-names.ts";
import type { HttpMethod, Route } from "../server/types.ts";

/** A message in canonical JSON form. */
export type JsonMessage = Readonly<Record<string, unknown>>;

export type HttpCall = {
  readonly method: HttpMethod;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
};

export type HttpRoute = Pick<Route, "method" | "template" | "body">;

const isObject = (value: unknown): value is JsonMessage =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const valueAt = (message: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), message);

const matches = (pattern: readonly PatternSegment[], segments: readonly string[]): boolean => {
  const [first, ...rest] = pattern;
  if (first === undefined) return segments.length === 0;
  if (first === "**") return segments.some((_, index) => matches(rest, segments.slice(index))) || rest.length === 0;
  const [segment, ...others] = segments;
  if (segment === undefined || segment === "") return false;
  return (first === "*" || first.literal === segment) && matches(rest, others);
};

/** Undefined where a variable's value is not of the template's form. */
const toPath = ({ segments, variables, verb }: PathTemplate, message: JsonMessage): string | undefined => {
  const parts: string[] = [];
  for (let at = 0; at < segments.length; ) {
    const variable = variables.find(({ from }) => from === at);
    const segment = segments[at];
    if (variable === undefined) {
      if (typeof segment !== "object") return undefined;
      parts.push(segment.literal);
      at += 1;
      continue;
    }
    const value = valueAt(message, camelCasePath(variable.name).split("."));
    const given = typeof value === "string" ? value.split("/") : [];
    if (!matches(segments.slice(at, variable.to), given)) return undefined;
    parts.push(...given.map(encodeURIComponent));
    at = variable.to;
  }
  return `/${parts.join("/")}${verb === undefined ? "" : `:${verb}`}`;
};

/** Fields of messages by their dotted paths, elements of lists one by one. */
const toQuery = (value: unknown, path: string): readonly [name: string, value: string][] => {
  if (Array.isArray(value)) return value.flatMap((item) => toQuery(item, path));
  if (isObject(value))
    return Object.entries(value).flatMap(([name, inner]) => toQuery(inner, path === "" ? name : `${path}.${name}`));
  return value === undefined || value === null ? [] : [[path, String(value)]];
};

const withoutFields = (message: JsonMessage, names: readonly string[]): JsonMessage =>
  Object.fromEntries(Object.entries(message).filter(([name]) => !names.includes(name)));

const callBy = (route: HttpRoute, message: JsonMessage): HttpCall | undefined => {
  const template = parseTemplate(route.template);
  const path = toPath(template, message);
  if (path === undefined) return undefined;
  const bound = template.variables.map(({ name }) => camelCasePath(name)).filter((name) => !name.includes("."));
  const rest = withoutFields(message, bound);
  const { method, body } = route;
  if (body === "*") return { method, path, body: rest };
  const field = body === undefined ? undefined : camelCase(body);
  const query = new URLSearchParams(toQuery(withoutFields(rest, field === undefined ? [] : [field]), ""));
  const target = query.size === 0 ? path : `${path}?${query}`;
  return field === undefined ? { method, path: target } : { method, path: target, body: message[field] ?? {} };
};

/** By the first route whose path the message has the names for; undefined where it has them for none. */
export const toHttpCall = (routes: readonly HttpRoute[], message: JsonMessage): HttpCall | undefined => {
  for (const route of routes) {
    const call = callBy(route, message);
    if (call !== undefined) return call;
  }
  return undefined;
};
