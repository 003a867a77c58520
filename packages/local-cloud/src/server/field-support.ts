// What is done with the fields of an API's messages, from protos or not. A field that no table names is refused as soon as it asks for something:
// also one that a later version of the client package brings.

import { scalarReader } from "./proto-scalar.ts";
import type { ProtoTypes } from "./proto-schema.ts";
import type { IgnoredField } from "./types.ts";

/** Of one message. Names are the JSON names; `limits.cpu` is a key of the field `limits`. */
export type MessageSupport = {
  /** Names, with spaces between them. */
  readonly done: string;
  /** Taken, kept and shown again, and otherwise without effect: why that is, by name. */
  readonly ignored?: Readonly<Record<string, string>>;
};

/** By the messages' full names. */
export type FieldSupport = Readonly<Record<string, MessageSupport>>;

/** Names of the fields that may be sent, by the messages' full names. */
export type FieldTable = ReadonlyMap<string, ReadonlySet<string>>;

/** `messages` by their names within the package. */
export const inPackage = (name: string, messages: FieldSupport): FieldSupport =>
  Object.fromEntries(Object.entries(messages).map(([message, support]) => [`${name}.${message}`, support]));

export const ignoredFields = (support: FieldSupport): readonly IgnoredField[] =>
  Object.entries(support).flatMap(([message, { ignored = {} }]) =>
    Object.entries(ignored).map(([field, why]) => ({ field: `${message}.${field}`, why })),
  );

const words = (text: string): readonly string[] => text.split(" ").filter(Boolean);

const fieldNames = ({ done, ignored = {} }: MessageSupport): ReadonlySet<string> =>
  new Set([...words(done), ...Object.keys(ignored).map((name) => name.split(".")[0] ?? "")]);

/** Requests whose fields only name what is meant: there is nothing that could be ignored. */
const isPlain = (names: Iterable<string>): boolean =>
  [...names].every((name) => ["name", "parent", "resource", "pageSize", "pageToken"].includes(name));

/** Messages that a request of this type is made of, as far as its fields are done. */
const reachable = (types: ProtoTypes, support: FieldSupport, requests: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>();
  const pending = [...requests];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const message = scalarReader(name) === undefined ? types.messages.get(name) : undefined;
    if (message === undefined || found.has(name)) continue;
    found.add(name);
    const done = words(support[name]?.done ?? "");
    for (const field of message.fields.values()) if (done.includes(field.name)) pending.push(field.type);
  }
  return found;
};

/** Throws where a message is missing from the table, or the table names a field that the protos do not have. */
export const createFieldTable = (types: ProtoTypes, support: FieldSupport, requests: readonly string[]): FieldTable => {
  const table = new Map<string, ReadonlySet<string>>();
  for (const name of reachable(types, support, requests)) {
    const fields = types.messages.get(name)?.fields ?? new Map();
    const listed = support[name];
    if (listed === undefined && !isPlain(fields.keys())) throw new Error(`nothing says what is done with ${name}`);
    const names = listed === undefined ? new Set(fields.keys()) : fieldNames(listed);
    const unknown = [...names].filter((field) => !fields.has(field));
    if (unknown.length > 0) throw new Error(`${name} has no ${unknown.join(", ")}`);
    table.set(name, names);
  }
  return table;
};

/** Names of the fields that ask for what is not done. */
export const undoneFields = (support: MessageSupport, value: Readonly<Record<string, unknown>>): readonly string[] => {
  const names = fieldNames(support);
  return Object.keys(value).filter((name) => !names.has(name) && !saysNothing(value[name]));
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** In protobuf zero, false and what is empty say nothing; enums begin with a value that is called unspecified. */
export const saysNothing = (value: unknown): boolean =>
  !value ||
  value === "0s" ||
  (typeof value === "string" && value.endsWith("_UNSPECIFIED")) ||
  (isObject(value) && Object.values(value).every(saysNothing));
