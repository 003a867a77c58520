// Reads JSON as a protobuf message the way Google's front end does: unknown fields and wrong types are refused with
// their places, output-only fields are dropped, and all of it is brought to one form (lowerCamelCase names, enums by
// name, 64-bit integers as text).

import { type FieldTable, saysNothing } from "./field-support.ts";
import { GoogleError } from "./google-error.ts";
import { camelCase, snakeCase } from "./proto-names.ts";
import { scalarReader, typeLabel } from "./proto-scalar.ts";
import type { ProtoField, ProtoMessage, ProtoTypes } from "./proto-schema.ts";

export type FieldViolation = { readonly field: string; readonly description: string };

/** A request's message: fields by their JSON names. */
export type MessageValue = Readonly<Record<string, unknown>>;

/**
 * Fields of a partial message, as paths below it: only what they name must have its required fields. Undefined: the
 * message is whole.
 */
export type Mask = readonly string[] | undefined;

type Reading = {
  readonly types: ProtoTypes;
  readonly violations: FieldViolation[];
  readonly fields: FieldTable;
  /** Places of fields that ask for what is not done here. */
  readonly undone: string[];
  /** For `Violation in CreateServiceRequest.service_id`. */
  readonly request: string;
};

/** Protobuf's own limit of nesting. */
const MAX_DEPTH = 100;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

const shown = (value: unknown): string => (JSON.stringify(value) ?? "").slice(0, 200);

const refuseValue = (reading: Reading, path: string, type: string, value: unknown): void => {
  const description = `Invalid value at '${path}' (${typeLabel(type)}), ${shown(value)}`;
  reading.violations.push({ field: path, description });
};

const refuseName = (reading: Reading, path: string, name: string, why: string): void => {
  const place = path === "" ? "" : ` at '${path}'`;
  const description = `Invalid JSON payload received. Unknown name ${shown(name)}${place}: ${why}`;
  reading.violations.push({ field: path, description });
};

const readEnum = (reading: Reading, type: string, value: unknown, path: string): unknown => {
  const values = reading.types.enums.get(type) ?? {};
  if (typeof value === "string" && Object.hasOwn(values, value)) return value;
  const numeric = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  const name = Object.keys(values).find((key) => values[key] === numeric);
  if (name === undefined) refuseValue(reading, path, type, value);
  return name;
};

const readSingle = (reading: Reading, type: string, value: unknown, path: string, mask: Mask, depth: number) => {
  const scalar = scalarReader(type);
  if (scalar !== undefined) {
    const read = scalar(value);
    if (read === undefined) refuseValue(reading, path, type, value);
    return read;
  }
  if (reading.types.enums.has(type)) return readEnum(reading, type, value, path);
  const message = reading.types.messages.get(type);
  if (message !== undefined && isObject(value) && depth < MAX_DEPTH)
    return readFields(reading, message, value, path, mask, depth + 1);
  refuseValue(reading, path, type, value);
  return undefined;
};

const readMap = (reading: Reading, { type }: ProtoField, value: unknown, path: string, depth: number) => {
  if (!isObject(value)) {
    refuseValue(reading, path, type, value);
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      readSingle(reading, type, item, `${path}[${shown(key)}]`, undefined, depth),
    ]),
  );
};

const readField = (reading: Reading, field: ProtoField, value: unknown, path: string, mask: Mask, depth: number) => {
  if (field.map) return readMap(reading, field, value, path, depth);
  if (!field.repeated) return readSingle(reading, field.type, value, path, mask, depth);
  if (Array.isArray(value))
    return value.map((item, index) => readSingle(reading, field.type, item, `${path}[${index}]`, undefined, depth));
  refuseValue(reading, path, field.type, value);
  return undefined;
};

/** The mask below a field: undefined where the field is named as a whole. */
const maskBelow = (mask: Mask, name: string): Mask => {
  if (mask === undefined || mask.includes(name) || mask.includes("*")) return undefined;
  return mask.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
};

const isUnset = (value: unknown): boolean =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

const requireFields = (reading: Reading, message: ProtoMessage, read: MessageValue, path: string, mask: Mask): void => {
  for (const { name, behavior } of message.fields.values()) {
    const asked = mask === undefined || mask.includes("*") || mask.includes(name);
    if (behavior !== "REQUIRED" || !asked || !isUnset(read[name])) continue;
    const field = join(path, snakeCase(name));
    reading.violations.push({ field, description: `Violation in ${reading.request}.${field}: a value is required.` });
  }
};

const refuseSecondOfOneof = (reading: Reading, message: ProtoMessage, read: MessageValue, path: string): void => {
  for (const oneof of message.oneofs) {
    const [first, second] = oneof.filter((name) => read[name] !== undefined);
    if (first === undefined || second === undefined) continue;
    const description = `Invalid value at '${path}' (oneof), oneof field '${snakeCase(first)}' is already set. Cannot set '${snakeCase(second)}'`;
    reading.violations.push({ field: path, description });
  }
};

const readFields = (
  reading: Reading,
  message: ProtoMessage,
  value: Readonly<Record<string, unknown>>,
  path: string,
  mask: Mask,
  depth: number,
): MessageValue => {
  const read: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const field = message.fields.get(key) ?? message.fields.get(camelCase(key));
    if (field === undefined) refuseName(reading, path, key, "Cannot find field.");
    else if (Array.isArray(item) && !field.repeated && !scalarReader(field.type))
      refuseName(reading, path, key, "Proto field is not repeating, cannot start list.");
    else if (item !== null) {
      const at = join(path, snakeCase(field.name));
      const parsed = readField(reading, field, item, at, maskBelow(mask, field.name), depth);
      if (field.behavior === "OUTPUT_ONLY") continue;
      read[field.name] = parsed;
      if (reading.fields.get(message.name)?.has(field.name) === false && !saysNothing(parsed)) reading.undone.push(at);
    }
  }
  requireFields(reading, message, read, path, mask);
  refuseSecondOfOneof(reading, message, read, path);
  return read;
};

/**
 * `mask` is of the whole request: `["service.template"]`. Throws INVALID_ARGUMENT with every violation, or UNIMPLEMENTED
 * with every field that asks for what `fields` does not have.
 */
export const readMessage = (
  types: ProtoTypes,
  fields: FieldTable,
  typeName: string,
  value: MessageValue,
  mask?: Mask,
): MessageValue => {
  const message = types.messages.get(typeName);
  if (message === undefined) throw new Error(`no such message: ${typeName}`);
  const request = typeName.slice(typeName.lastIndexOf(".") + 1);
  const reading: Reading = { types, violations: [], fields, undone: [], request };
  const read = readFields(reading, message, value, "", mask, 0);
  refuseViolations(reading.violations);
  if (reading.undone.length > 0)
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have ${reading.undone.slice(0, 20).join(", ")}.`);
  return read;
};

export const refuseViolations = (violations: readonly FieldViolation[]): void => {
  if (violations.length === 0) return;
  const fieldViolations = violations.slice(0, 100);
  throw new GoogleError("INVALID_ARGUMENT", fieldViolations.map(({ description }) => description).join("\n"), {
    details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }],
  });
};
