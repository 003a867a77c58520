// The part of a bucket that a client may set, read from JSON.
// https://cloud.google.com/storage/docs/json_api/v1/buckets#resource
import type { BucketConfig } from "./bucket-record.ts";
import {
  asBoolean,
  asCount,
  asText,
  asTextList,
  asTextMap,
  invalidValue,
  isJsonObject,
  type JsonObject,
} from "./json-value.ts";
import { notImplementedHere, StorageError } from "./storage-error.ts";

/** https://cloud.google.com/storage/docs/soft-delete#retention-duration */
const DEFAULT_SOFT_DELETE_SECONDS = 604_800;
const MAX_SOFT_DELETE_SECONDS = 7_776_000;

const outputOnly = new Set(
  (
    "kind id selfLink name etag projectNumber generation metageneration timeCreated updated owner locationType " +
    "satisfiesPZS satisfiesPZI softDeleteTime hardDeleteTime"
  ).split(" "),
);

/** What would change how objects behave, and does not here: refused as soon as it asks for anything. */
const refused = [
  "acl",
  "autoclass",
  "billing",
  "customPlacementConfig",
  "defaultEventBasedHold",
  "defaultObjectAcl",
  "encryption",
  "hierarchicalNamespace",
  "ipFilter",
  "objectRetention",
  "retentionPolicy",
  "rpo",
] as const;

/** An object whose members are all off (`{enabled: false}`), an empty list, and Google's default of `rpo` ask for nothing. */
const asksForNothing = (value: unknown): boolean =>
  [undefined, null, false, "", "DEFAULT"].includes(value as null) ||
  (Array.isArray(value) && value.length === 0) ||
  (isJsonObject(value) && Object.values(value).every(asksForNothing));

type Reader = (value: unknown, now: Date) => unknown;

const optional = <Value>(value: unknown, read: (value: unknown) => Value): Value | undefined =>
  value === undefined || value === null ? undefined : read(value);

/** Drops undefined members, which JSON does not have. */
const compact = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const asObject = (value: unknown, name: string): JsonObject => {
  if (isJsonObject(value)) return value;
  throw invalidValue(name, "an object");
};

const readWebsite: Reader = (value) => {
  const { mainPageSuffix, notFoundPage } = asObject(value, "website");
  const website = compact({
    mainPageSuffix: optional(mainPageSuffix, (text) => asText(text, "website.mainPageSuffix") || undefined),
    notFoundPage: optional(notFoundPage, (text) => asText(text, "website.notFoundPage") || undefined),
  });
  return Object.keys(website).length === 0 ? undefined : website;
};

const readCors: Reader = (value) => {
  if (!Array.isArray(value)) throw invalidValue("cors", "a list");
  const entries = value.map((entry) => {
    const { origin, method, responseHeader, maxAgeSeconds } = asObject(entry, "cors");
    return compact({
      origin: optional(origin, (list) => asTextList(list, "cors.origin")),
      method: optional(method, (list) => asTextList(list, "cors.method")),
      responseHeader: optional(responseHeader, (list) => asTextList(list, "cors.responseHeader")),
      maxAgeSeconds: optional(maxAgeSeconds, (seconds) => asCount(seconds, "cors.maxAgeSeconds")),
    });
  });
  return entries.length === 0 ? undefined : entries;
};

const readIamConfiguration: Reader = (value, now) => {
  const configuration = asObject(value, "iamConfiguration");
  const { publicAccessPrevention = "inherited" } = configuration;
  const access = configuration["uniformBucketLevelAccess"] ?? configuration["bucketPolicyOnly"] ?? {};
  const enabled = optional(asObject(access, "iamConfiguration.uniformBucketLevelAccess")["enabled"], (flag) =>
    asBoolean(flag, "iamConfiguration.uniformBucketLevelAccess.enabled"),
  );
  if (publicAccessPrevention !== "enforced" && !["inherited", "unspecified"].includes(publicAccessPrevention as string))
    throw invalidValue("iamConfiguration.publicAccessPrevention", "enforced or inherited");
  const lockedTime = asObject(access, "uniformBucketLevelAccess")["lockedTime"];
  // For 90 days it can be switched off again: https://cloud.google.com/storage/docs/uniform-bucket-level-access
  const until = typeof lockedTime === "string" ? lockedTime : new Date(now.getTime() + 90 * 86_400_000).toISOString();
  return {
    uniformBucketLevelAccess: enabled ? { enabled, lockedTime: until } : { enabled: false },
    publicAccessPrevention: publicAccessPrevention === "enforced" ? "enforced" : "inherited",
  };
};

const readSoftDeletePolicy: Reader = (value, now) => {
  const { retentionDurationSeconds, effectiveTime } = asObject(value, "softDeletePolicy");
  const name = "softDeletePolicy.retentionDurationSeconds";
  const seconds = asCount(retentionDurationSeconds ?? DEFAULT_SOFT_DELETE_SECONDS, name);
  if (seconds !== 0 && (seconds < DEFAULT_SOFT_DELETE_SECONDS || seconds > MAX_SOFT_DELETE_SECONDS))
    throw invalidValue(name, `0, or from ${DEFAULT_SOFT_DELETE_SECONDS} to ${MAX_SOFT_DELETE_SECONDS}`);
  return {
    retentionDurationSeconds: String(seconds),
    effectiveTime: typeof effectiveTime === "string" ? effectiveTime : now.toISOString(),
  };
};

const readLabels: Reader = (value) => {
  const labels = asTextMap(value, "labels");
  if (
    Object.entries(labels).some(
      ([key, text]) => !/^[a-z][a-z0-9_-]{0,62}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(text),
    )
  )
    throw invalidValue("labels", "lower-case names and values of at most 63 characters");
  return Object.keys(labels).length === 0 ? undefined : labels;
};

const readLifecycle: Reader = (value) => {
  const { rule } = asObject(value, "lifecycle");
  if (rule !== undefined && !(Array.isArray(rule) && rule.every(isJsonObject)))
    throw invalidValue("lifecycle.rule", "a list of objects");
  return Array.isArray(rule) && rule.length > 0 ? { rule } : undefined;
};

const readLogging: Reader = (value) => {
  const { logBucket, logObjectPrefix } = asObject(value, "logging");
  return compact({
    logBucket: optional(logBucket, (text) => asText(text, "logging.logBucket")),
    logObjectPrefix: optional(logObjectPrefix, (text) => asText(text, "logging.logObjectPrefix")),
  });
};

const readers: Readonly<Record<string, Reader>> = {
  location: (value) => asText(value, "location").toUpperCase(),
  storageClass: (value) => asText(value, "storageClass"),
  iamConfiguration: readIamConfiguration,
  softDeletePolicy: readSoftDeletePolicy,
  versioning: (value) => ({
    enabled: asBoolean(asObject(value, "versioning")["enabled"] ?? false, "versioning.enabled"),
  }),
  website: readWebsite,
  cors: readCors,
  labels: readLabels,
  lifecycle: readLifecycle,
  logging: readLogging,
};

const defaults: JsonObject = { location: "US", storageClass: "STANDARD", iamConfiguration: {}, softDeletePolicy: {} };

/** Throws for what is malformed, and by name for what the local cloud does not do. */
export const readBucketConfig = (json: JsonObject, now: Date): BucketConfig => {
  const asked = refused.find((name) => !asksForNothing(json[name]));
  if (asked !== undefined) throw notImplementedHere(`A bucket's ${asked}`);
  const known = (name: string): boolean =>
    readers[name] !== undefined || outputOnly.has(name) || (refused as readonly string[]).includes(name);
  const unknown = Object.keys(json).find((name) => !known(name));
  if (unknown !== undefined) throw new StorageError("invalid", `Unknown name "${unknown.slice(0, 100)}"`, unknown);
  const given = { ...defaults, ...json };
  const read = Object.entries(readers).map(([name, reader]) => [
    name,
    optional(given[name], (value) => reader(value, now)),
  ]);
  return compact(Object.fromEntries(read)) as BucketConfig;
};
