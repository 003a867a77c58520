// An object as it goes over the wire: https://cloud.google.com/storage/docs/json_api/v1/objects#resource
import type { BucketRecord } from "./bucket-record.ts";
import { etagOf } from "./etag.ts";
import type { ObjectRecord } from "./object-record.ts";
import { applyFields, type FieldTree, selectField } from "./partial-response.ts";

export type ResourceContext = {
  /** `http://` and the host that the client uses: what links start with. */
  readonly origin: string;
  readonly bucket: BucketRecord;
};

type Property = (record: ObjectRecord, context: ResourceContext) => unknown;

/** `/b/BUCKET/o/OBJECT`, percent-encoded. */
export const objectPath = (bucket: string, name: string): string => `/b/${bucket}/o/${encodeURIComponent(name)}`;

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

const hardDeleteTime: Property = ({ archived }, { bucket }) =>
  archived?.softDeleted
    ? isoTime(archived.deletedMs + Number(bucket.config.softDeletePolicy.retentionDurationSeconds) * 1000)
    : undefined;

const attribute =
  (name: keyof ObjectRecord["attributes"]): Property =>
  ({ attributes }) =>
    attributes[name];

/** In the order in which Google shows them. Undefined ones are left out. */
const properties: readonly (readonly [string, Property])[] = Object.entries({
  kind: () => "storage#object",
  id: ({ bucket, name, generation }) => `${bucket}/${name}/${generation}`,
  selfLink: ({ bucket, name }, { origin }) => `${origin}/storage/v1${objectPath(bucket, name)}`,
  mediaLink: ({ bucket, name, generation }, { origin }) =>
    `${origin}/download/storage/v1${objectPath(bucket, name)}?generation=${generation}&alt=media`,
  name: ({ name }) => name,
  bucket: ({ bucket }) => bucket,
  generation: ({ generation }) => String(generation),
  metageneration: ({ metageneration }) => String(metageneration),
  contentType: attribute("contentType"),
  storageClass: ({ attributes }, { bucket }) => attributes.storageClass ?? bucket.config.storageClass,
  size: ({ sizeBytes }) => String(sizeBytes),
  md5Hash: ({ md5 }) => md5,
  cacheControl: attribute("cacheControl"),
  contentDisposition: attribute("contentDisposition"),
  contentEncoding: attribute("contentEncoding"),
  contentLanguage: attribute("contentLanguage"),
  metadata: attribute("metadata"),
  crc32c: ({ crc32c }) => crc32c,
  componentCount: ({ componentCount }) => componentCount,
  etag: ({ generation, metageneration }) => etagOf(generation, metageneration),
  customTime: attribute("customTime"),
  timeCreated: ({ createdMs }) => isoTime(createdMs),
  updated: ({ updatedMs }) => isoTime(updatedMs),
  timeDeleted: ({ archived }) =>
    archived === undefined || archived.softDeleted ? undefined : isoTime(archived.deletedMs),
  softDeleteTime: ({ archived }) => (archived?.softDeleted ? isoTime(archived.deletedMs) : undefined),
  hardDeleteTime,
  timeStorageClassUpdated: ({ createdMs }) => isoTime(createdMs),
  timeFinalized: ({ createdMs }) => isoTime(createdMs),
} satisfies Record<string, Property>);

/** Makes only what is asked for: a listing of names never reads the rest. */
export const objectResource = (
  record: ObjectRecord,
  context: ResourceContext,
  fields: FieldTree = "all",
): Readonly<Record<string, unknown>> => {
  const resource: Record<string, unknown> = {};
  for (const [name, property] of properties) {
    const below = selectField(fields, name);
    const value = below === undefined ? undefined : property(record, context);
    if (value !== undefined) resource[name] = applyFields(value, below ?? "all");
  }
  return resource;
};
