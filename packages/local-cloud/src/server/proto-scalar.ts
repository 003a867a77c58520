// JSON forms of protobuf's scalars and of its well-known types: https://protobuf.dev/programming-guides/json/
import { camelCasePath } from "./proto-names.ts";

/** The canonical JSON form of a value, or undefined where it is none of that type. */
type Reader = (value: unknown) => unknown;

const integer = (minimum: bigint, maximum: bigint, asText: boolean): Reader => {
  const inRange = (value: bigint) => value >= minimum && value <= maximum;
  return (value) => {
    const whole =
      typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && /^-?\d{1,20}$/.test(value);
    if (!whole) return undefined;
    const number = BigInt(value as number | string);
    if (!inRange(number)) return undefined;
    return asText ? String(number) : Number(number);
  };
};

const float: Reader = (value) => {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  return Number.isFinite(Number(value)) ? Number(value) : undefined;
};

const text: Reader = (value) => (typeof value === "string" ? value : undefined);
const bool: Reader = (value) => (typeof value === "boolean" ? value : undefined);
const matching =
  (pattern: RegExp): Reader =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? value : undefined;

const base64 = matching(/^[A-Za-z0-9+/_-]*={0,2}$/);
const timestampPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;
const timestamp: Reader = (value) =>
  typeof value === "string" && timestampPattern.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
const object: Reader = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;

const int32 = integer(-(2n ** 31n), 2n ** 31n - 1n, false);
const uint32 = integer(0n, 2n ** 32n - 1n, false);
const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n, true);
const uint64 = integer(0n, 2n ** 64n - 1n, true);

const readers: Readonly<Record<string, Reader>> = {
  ...{ int32, sint32: int32, sfixed32: int32, uint32, fixed32: uint32 },
  ...{ int64, sint64: int64, sfixed64: int64, uint64, fixed64: uint64 },
  ...{ float, double: float, bool, string: text, bytes: base64 },
  "google.protobuf.Duration": matching(/^-?\d{1,12}(\.\d{1,9})?s$/),
  "google.protobuf.Timestamp": timestamp,
  "google.protobuf.FieldMask": (value) =>
    typeof value === "string" ? value.split(",").filter(Boolean).map(camelCasePath).join(",") : undefined,
  "google.protobuf.Empty": object,
  "google.protobuf.Struct": object,
  "google.protobuf.Any": object,
  "google.protobuf.Value": (value) => value,
  "google.protobuf.ListValue": (value) => (Array.isArray(value) ? value : undefined),
  "google.protobuf.BoolValue": bool,
  "google.protobuf.StringValue": text,
  "google.protobuf.BytesValue": base64,
  "google.protobuf.Int32Value": int32,
  "google.protobuf.UInt32Value": uint32,
  "google.protobuf.Int64Value": int64,
  "google.protobuf.UInt64Value": uint64,
  "google.protobuf.FloatValue": float,
  "google.protobuf.DoubleValue": float,
};

/** The reader of a type that is one JSON value; undefined for messages and enums. */
export const scalarReader = (type: string): Reader | undefined => readers[type];

/** Query parameters are text: what a scalar of this type means there. */
export const fromQueryText = (type: string, value: string): unknown => {
  if (type !== "bool" && type !== "google.protobuf.BoolValue") return value;
  return value === "true" || value === "1" ? true : value === "false" || value === "0" || value === "" ? false : value;
};

/** How Google names a type in a refusal: `TYPE_INT32`, `type.googleapis.com/google.cloud.run.v2.Service`. */
export const typeLabel = (type: string): string =>
  type.includes(".") ? `type.googleapis.com/${type}` : `TYPE_${type.toUpperCase()}`;
