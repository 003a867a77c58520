// What a client package's `protos.json` says of an API: its methods with their HTTP rules, and its messages. The file
// is read once and only what is asked for is kept: as a whole it would cost more memory than all state of the cloud.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { HttpMethod } from "./types.ts";

export type HttpRule = {
  readonly method: HttpMethod;
  readonly template: string;
  /** Field that the body is: a field's name, `*` for all that the path does not bind, undefined for no body. */
  readonly body?: string;
};

export type ProtoMethod = {
  /** Full name: `google.cloud.run.v2.Services.GetService`. */
  readonly rpc: string;
  readonly rules: readonly HttpRule[];
  readonly requestType: string;
};

export type ProtoField = {
  /** lowerCamelCase, as in JSON. */
  readonly name: string;
  /** A scalar's type (`int64`) or the full name of a message or enum. */
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  /** https://google.aip.dev/203 */
  readonly behavior: string | undefined;
};

export type ProtoMessage = {
  readonly name: string;
  readonly fields: ReadonlyMap<string, ProtoField>;
  /** Names of fields of which at most one may be set. */
  readonly oneofs: readonly (readonly string[])[];
};

/** Numbers of an enum's values by their names. */
export type ProtoEnum = Readonly<Record<string, number>>;

export type ProtoTypes = {
  readonly messages: ReadonlyMap<string, ProtoMessage>;
  readonly enums: ReadonlyMap<string, ProtoEnum>;
};

type RawField = {
  readonly type: string;
  readonly rule?: string;
  readonly keyType?: string;
  readonly options?: Readonly<Record<string, unknown>>;
};

/** Whose protos say what an API has. */
export type ProtoSource = {
  /** npm package of the client: `@google-cloud/run`. */
  readonly package: string;
  /** Fields that other clients send already and this package does not have yet, by the full name of their message. */
  readonly newer?: Readonly<Record<string, Readonly<Record<string, NewerField>>>>;
};

export type NewerField = { readonly type: string; readonly id: number };

type RawMethod = {
  readonly requestType: string;
  readonly parsedOptions?: readonly Readonly<Record<string, unknown>>[];
};

type RawNode = {
  readonly fields?: Readonly<Record<string, RawField>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: ProtoEnum;
  readonly methods?: Readonly<Record<string, RawMethod>>;
  readonly nested?: Readonly<Record<string, RawNode>>;
};

type RawRule = Readonly<Record<string, unknown>>;

const indexNodes = (node: RawNode, name: string, into: Map<string, RawNode>): Map<string, RawNode> => {
  into.set(name, node);
  for (const [child, nested] of Object.entries(node.nested ?? {}))
    indexNodes(nested, name === "" ? child : `${name}.${child}`, into);
  return into;
};

/** A type's full name, as protobuf looks it up: in the innermost scope first. */
const resolveType = (nodes: ReadonlyMap<string, RawNode>, scope: string, type: string): string => {
  for (let at = scope; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    if (nodes.has(`${at}.${type}`)) return `${at}.${type}`;
  }
  return type;
};

const toRules = (raw: RawRule): HttpRule[] => {
  const method = (["get", "put", "post", "delete", "patch"] as const).find((key) => typeof raw[key] === "string");
  const more = raw["additional_bindings"];
  const additional = (Array.isArray(more) ? more : [more ?? []].flat()) as RawRule[];
  if (method === undefined) return additional.flatMap(toRules);
  const rule = {
    method: method.toUpperCase() as HttpMethod,
    template: String(raw[method]),
    ...(typeof raw["body"] === "string" && { body: raw["body"] }),
  };
  return [rule, ...additional.flatMap(toRules)];
};

const readMethods = (nodes: ReadonlyMap<string, RawNode>): ProtoMethod[] =>
  [...nodes].flatMap(([service, node]) =>
    Object.entries(node.methods ?? {}).map(([name, method]) => ({
      rpc: `${service}.${name}`,
      rules: (method.parsedOptions ?? []).flatMap((option) => toRules((option["(google.api.http)"] ?? {}) as RawRule)),
      requestType: resolveType(nodes, service, method.requestType),
    })),
  );

const toField = (nodes: ReadonlyMap<string, RawNode>, message: string, name: string, raw: RawField): ProtoField => {
  const behavior = raw.options?.["(google.api.field_behavior)"];
  return {
    name,
    type: resolveType(nodes, message, raw.type),
    repeated: raw.rule === "repeated",
    map: raw.keyType !== undefined,
    behavior: typeof behavior === "string" ? behavior : undefined,
  };
};

/** The named messages and all that they are made of. */
const readTypes = (nodes: ReadonlyMap<string, RawNode>, wanted: readonly string[]): ProtoTypes => {
  const messages = new Map<string, ProtoMessage>();
  const enums = new Map<string, ProtoEnum>();
  const pending = [...wanted];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const node = nodes.get(name);
    if (node?.values !== undefined) enums.set(name, node.values);
    if (node?.fields === undefined || messages.has(name)) continue;
    const message = name;
    const fields = Object.entries(node.fields).map(([field, raw]) => toField(nodes, message, field, raw));
    const oneofs = Object.values(node.oneofs ?? {}).map(({ oneof }) => oneof);
    messages.set(name, {
      name,
      fields: new Map(fields.map((field) => [field.name, field])),
      oneofs: oneofs.filter((names) => names.length > 1),
    });
    pending.push(...fields.map(({ type }) => type));
  }
  return { messages, enums };
};

const require = createRequire(import.meta.url);

const addNewer = (nodes: Map<string, RawNode>, newer: ProtoSource["newer"] = {}): void => {
  for (const [name, fields] of Object.entries(newer)) {
    const node = nodes.get(name);
    nodes.set(name, { ...node, fields: { ...node?.fields, ...fields } });
  }
};

/**
 * Reads the protos of a client package: all methods, and the types that the requests of those which `keep`
 * names are made of.
 */
export const readProtos = (
  { package: packageName, newer }: ProtoSource,
  keep: (rpc: string) => boolean,
): { readonly methods: readonly ProtoMethod[]; readonly types: ProtoTypes } => {
  const file = require.resolve(`${packageName}/build/protos/protos.json`);
  const nodes = indexNodes(JSON.parse(readFileSync(file, "utf8")) as RawNode, "", new Map());
  addNewer(nodes, newer);
  const methods = readMethods(nodes);
  const wanted = methods.filter(({ rpc }) => keep(rpc)).map(({ requestType }) => requestType);
  return { methods, types: readTypes(nodes, wanted) };
};
