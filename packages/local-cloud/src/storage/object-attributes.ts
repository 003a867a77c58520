// What a client may set on an object, read from the JSON of an upload, a copy or a patch.
import { asText, asTextMap, invalidValue, isJsonObject, type JsonObject, mergePatch } from "./json-value.ts";
import type { ObjectAttributes } from "./object-record.ts";
import { notImplementedHere, StorageError } from "./storage-error.ts";

const texts = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "contentLanguage",
  "cacheControl",
  "storageClass",
] as const;

/** Set by the cloud; clients send them back in updates, where they count for nothing. */
const outputOnly = new Set(
  (
    "kind id selfLink mediaLink name bucket generation metageneration size md5Hash crc32c etag timeCreated updated " +
    "timeDeleted timeFinalized timeStorageClassUpdated componentCount owner softDeleteTime hardDeleteTime " +
    "retentionExpirationTime restoreToken"
  ).split(" "),
);

/** What would change how an object behaves, and does not here: refused as soon as it asks for anything. */
const refused = ["acl", "temporaryHold", "eventBasedHold", "retention", "kmsKeyName", "customerEncryption", "contexts"];

const storageClasses = new Set(["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL"]);

/** https://cloud.google.com/storage/quotas#objects */
const MAX_METADATA_BYTES = 8 * 1024;

const asksForNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

const refuseUnsupported = (json: JsonObject): void => {
  const asked = refused.find((name) => !asksForNothing(json[name]));
  if (asked !== undefined) throw notImplementedHere(`An object's ${asked}`);
  const known = [...texts, ...refused, "customTime", "metadata"] as readonly string[];
  const unknown = Object.keys(json).find((name) => !outputOnly.has(name) && !known.includes(name));
  if (unknown !== undefined) throw new StorageError("invalid", `Unknown name "${unknown.slice(0, 100)}"`, unknown);
};

/** What is sent back as a header must be one: no control characters, which Node refuses to send. */
const fitsHeader = (text: string): boolean => text.isWellFormed() && !/[^\t\x20-\x7e\x80-\u{10ffff}]/u.test(text);

const readText = (name: (typeof texts)[number], value: unknown): string => {
  const text = asText(value, name);
  if (!fitsHeader(text)) throw invalidValue(name, "one line of text");
  if (name === "storageClass" && !storageClasses.has(text)) throw invalidValue(name, "a storage class");
  return text;
};

const readMetadata = (value: unknown): Readonly<Record<string, string>> => {
  const metadata = asTextMap(value, "metadata");
  const sizeBytes = Buffer.byteLength(Object.entries(metadata).flat().join(""));
  if (sizeBytes > MAX_METADATA_BYTES)
    throw new StorageError("invalid", `The total size of metadata exceeds ${MAX_METADATA_BYTES} bytes.`, "metadata");
  if (Object.entries(metadata).some(([key, text]) => key === "" || !fitsHeader(key) || !fitsHeader(text)))
    throw invalidValue("metadata", "names and values of one line of text");
  return metadata;
};

const readCustomTime = (value: unknown): string => {
  const time = new Date(asText(value, "customTime"));
  if (Number.isNaN(time.getTime())) throw invalidValue("customTime", "a time in RFC 3339");
  return time.toISOString();
};

/** Throws for what is malformed, and by name for what the local cloud does not do. */
export const readAttributes = (json: JsonObject): ObjectAttributes => {
  refuseUnsupported(json);
  const given = (name: string): boolean => json[name] !== undefined && json[name] !== null;
  const read: Record<string, unknown> = {};
  for (const name of texts) {
    const text = given(name) ? readText(name, json[name]) : "";
    if (text !== "") read[name] = text;
  }
  if (given("customTime")) read["customTime"] = readCustomTime(json["customTime"]);
  if (isJsonObject(json["metadata"])) read["metadata"] = readMetadata(json["metadata"]);
  else if (given("metadata")) throw invalidValue("metadata", "an object of strings");
  return read;
};

/** https://cloud.google.com/storage/docs/metadata#custom-time: it is never removed and never set back. */
export const requireCustomTimeKept = (before: ObjectAttributes, after: ObjectAttributes): void => {
  if (before.customTime === undefined) return;
  if (after.customTime === undefined || after.customTime < before.customTime)
    throw new StorageError("invalid", "Custom time cannot be removed or set to an earlier time.", "customTime");
};

/** Attributes after a patch: what it does not name stays. */
export const patchAttributes = (before: ObjectAttributes, patch: JsonObject): ObjectAttributes => {
  refuseUnsupported(patch);
  const after = readAttributes(mergePatch(before, patch) as JsonObject);
  requireCustomTimeKept(before, after);
  return after;
};
