// Reading JSON that a client sent, with Cloud Storage's refusals.
import { StorageError } from "./storage-error.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A request's body; an absent one is empty, and so is the `null` that rclone sends. */
export const asBody = (value: unknown): JsonObject => {
  if (value === undefined || value === null) return {};
  if (isJsonObject(value)) return value;
  throw new StorageError("parseError", "Parse Error: the body is not a JSON object.");
};

export const invalidValue = (name: string, expected: string): StorageError =>
  new StorageError("invalid", `Invalid value for ${name}: must be ${expected}.`, name);

export const asText = (value: unknown, name: string): string => {
  if (typeof value === "string") return value;
  throw invalidValue(name, "a string");
};

export const asBoolean = (value: unknown, name: string): boolean => {
  if (typeof value === "boolean") return value;
  throw invalidValue(name, "true or false");
};

/** 64-bit integers come as text, and as numbers from older clients. */
export const asCount = (value: unknown, name: string): number => {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw invalidValue(name, "a whole number");
};

export const asTextMap = (value: unknown, name: string): Readonly<Record<string, string>> => {
  if (!isJsonObject(value)) throw invalidValue(name, "an object of strings");
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, asText(text, `${name}.${key}`)]));
};

export const asTextList = (value: unknown, name: string): readonly string[] => {
  if (!Array.isArray(value)) throw invalidValue(name, "a list of strings");
  return value.map((text, index) => asText(text, `${name}[${index}]`));
};

/** Patch semantics: null removes, objects are merged, all else replaces. https://cloud.google.com/storage/docs/json_api#patch */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
};
