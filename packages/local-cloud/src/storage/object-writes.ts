// Every change of objects: generations, preconditions, versioning and soft delete, each in one transaction.
// https://cloud.google.com/storage/docs/object-versioning and https://cloud.google.com/storage/docs/soft-delete
import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "../store/sqlite-store.ts";
import type { BucketRecord } from "./bucket-record.ts";
import type { ContentFiles } from "./content-files.ts";
import type { ContentRows } from "./content-rows.ts";
import type { ObjectAttributes, ObjectRecord } from "./object-record.ts";
import type { ObjectRows } from "./object-rows.ts";
import { type Preconditions, requireConditions } from "./preconditions.ts";
import type { NewContent } from "./receive-content.ts";
import { noSuchObject } from "./storage-error.ts";

/** What an existing object's bytes are known by; a copy shares them. */
export type ExistingContent = Pick<ObjectRecord, "content" | "sizeBytes" | "crc32c" | "md5" | "componentCount">;

export type NewObject = {
  readonly bucket: BucketRecord;
  readonly name: string;
  readonly content: NewContent | ExistingContent;
  readonly attributes: ObjectAttributes;
  readonly preconditions: Preconditions;
  /** Of a composite object, which has no md5. */
  readonly componentCount?: number;
  /** Called before a live object is overwritten; may throw. */
  readonly beforeOverwrite?: () => void;
  /** Called within the transaction: what is to be true exactly when the object is there. */
  readonly onCommit?: (record: ObjectRecord) => void;
  /** On a refusal the bytes stay with the caller. */
  readonly keepOnFailure?: boolean;
};

/** Which object a call means: the live one, or one generation of it. */
export type ObjectTarget = {
  readonly bucket: BucketRecord;
  readonly name: string;
  readonly generation?: number | undefined;
  readonly preconditions: Preconditions;
};

export type ObjectWrites = {
  /** Makes the bytes an object. Throws 412, and then removes the bytes, where a precondition does not hold. */
  readonly create: (object: NewObject) => Promise<ObjectRecord>;
  /** New attributes, one metageneration on. Throws 404 and 412. */
  readonly update: (target: ObjectTarget, change: (before: ObjectAttributes) => ObjectAttributes) => ObjectRecord;
  /** Throws 404 and 412. */
  readonly delete: (target: ObjectTarget) => void;
  /** Ends soft deletions older than `retentionSeconds` (0: all of them). */
  readonly purge: (bucket: string, retentionSeconds: number) => void;
};

export type WriteContext = {
  readonly database: DatabaseSync;
  readonly rows: ObjectRows;
  readonly contents: ContentRows;
  readonly files: ContentFiles;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  /** Asked before every write to an object's name; throws where it comes too soon. */
  readonly admit: (bucket: string, name: string) => void;
};

type Writing = WriteContext & { readonly nextGeneration: () => number };

/** Gives a content up; its file is removed once the transaction is committed. */
type Release = (content: number) => void;

/** Rows that one transaction purges, so that none holds up uploads for long. */
const PURGE_BATCH = 500;

const isNew = (content: NewObject["content"]): content is NewContent => "stored" in content;

/** Generations are microseconds, and each is later than all before it. */
const createGenerations = ({ rows, now }: WriteContext): (() => number) => {
  let last = rows.maxGeneration();
  return () => {
    last = Math.max(now().getTime() * 1000, last + 1);
    return last;
  };
};

/** Runs a transaction; files whose last object it took away are removed once it is committed. */
const createTransactions = ({ database, contents, files, log }: WriteContext) => {
  const removeFile = (file: string): void => {
    files.remove(file).catch((error: unknown) => log(`storage: cannot remove ${file}: ${String(error)}`));
  };
  return <Result>(work: (release: Release) => Result): Result => {
    const released: string[] = [];
    const release: Release = (content) => {
      const file = contents.release(content);
      if (file !== undefined) released.push(file);
    };
    const result = inTransaction(database, () => work(release));
    for (const file of released) removeFile(file);
    return result;
  };
};

const isVersioned = ({ config }: BucketRecord): boolean => config.versioning?.enabled === true;

const isSoftDeleting = ({ config }: BucketRecord): boolean => config.softDeletePolicy.retentionDurationSeconds !== "0";

/** What becomes of a generation that stops being live, or of a noncurrent one that is deleted for good. */
const retire = (
  { rows, now }: Writing,
  bucket: BucketRecord,
  record: ObjectRecord,
  keepVersion: boolean,
  release: Release,
): void => {
  const softDeleted = !keepVersion;
  if (softDeleted && !isSoftDeleting(bucket)) release(record.content);
  else rows.putArchived({ ...record, archived: { deletedMs: now().getTime(), softDeleted } });
};

const storeContent = ({ contents }: Writing, { content, componentCount }: NewObject): ExistingContent => {
  const { sizeBytes, crc32c, md5 } = content;
  if (isNew(content)) {
    const composite = componentCount !== undefined;
    return {
      content: contents.insert(content.stored),
      ...{ sizeBytes, crc32c, componentCount, md5: composite ? undefined : md5 },
    };
  }
  contents.share(content.content);
  return { content: content.content, sizeBytes, crc32c, md5, componentCount: content.componentCount };
};

const insertObject = (writing: Writing, object: NewObject, release: Release): ObjectRecord => {
  const { rows, now, admit, nextGeneration } = writing;
  const { bucket, name, attributes, preconditions } = object;
  const live = rows.getLive(bucket.name, name);
  requireConditions(preconditions, live);
  admit(bucket.name, name);
  if (live !== undefined) {
    object.beforeOverwrite?.();
    retire(writing, bucket, live, isVersioned(bucket), release);
  }
  const time = now().getTime();
  const record: ObjectRecord = {
    ...storeContent(writing, object),
    ...{ bucket: bucket.name, name, attributes, generation: nextGeneration(), metageneration: 1 },
    ...{ createdMs: time, updatedMs: time, archived: undefined },
  };
  rows.putLive(record);
  object.onCommit?.(record);
  return record;
};

const requireTarget = ({ rows, admit }: Writing, target: ObjectTarget): ObjectRecord => {
  const { bucket, name, generation, preconditions } = target;
  const record =
    generation === undefined ? rows.getLive(bucket.name, name) : rows.getGeneration(bucket.name, name, generation);
  if (record === undefined || record.archived?.softDeleted) throw noSuchObject(bucket.name, name);
  requireConditions(preconditions, record);
  admit(bucket.name, name);
  return record;
};

const updateObject = (
  writing: Writing,
  target: ObjectTarget,
  change: (before: ObjectAttributes) => ObjectAttributes,
): ObjectRecord => {
  const { rows, now } = writing;
  const before = requireTarget(writing, target);
  const record: ObjectRecord = {
    ...before,
    attributes: change(before.attributes),
    metageneration: before.metageneration + 1,
    updatedMs: now().getTime(),
  };
  if (record.archived === undefined) rows.putLive(record);
  else rows.putArchived(record);
  return record;
};

const deleteObject = (writing: Writing, target: ObjectTarget, release: Release): void => {
  const { bucket, name, generation } = target;
  const { rows } = writing;
  const record = requireTarget(writing, target);
  if (record.archived === undefined) rows.deleteLive(bucket.name, name);
  else rows.deleteArchived(bucket.name, name, record.generation);
  // Only a delete that names no generation leaves a noncurrent version behind.
  retire(writing, bucket, record, generation === undefined && isVersioned(bucket), release);
};

/** Returns how many it has purged: a full batch may not have been the last. */
const purgeBatch = ({ rows }: Writing, bucket: string, beforeMs: number, release: Release): number => {
  const records = rows.listExpired(bucket, beforeMs, PURGE_BATCH);
  for (const { name, generation, content } of records) {
    rows.deleteArchived(bucket, name, generation);
    release(content);
  }
  return records.length;
};

export const createObjectWrites = (context: WriteContext): ObjectWrites => {
  const writing: Writing = { ...context, nextGeneration: createGenerations(context) };
  const { files, now } = context;
  const write = createTransactions(context);
  return {
    create: async (object) => {
      try {
        return write((release) => insertObject(writing, object, release));
      } catch (error) {
        const { content, keepOnFailure = false } = object;
        if (isNew(content) && "file" in content.stored && !keepOnFailure) await files.remove(content.stored.file);
        throw error;
      }
    },
    update: (target, change) => write(() => updateObject(writing, target, change)),
    delete: (target) => write((release) => deleteObject(writing, target, release)),
    purge: (bucket, retentionSeconds) => {
      const beforeMs = retentionSeconds === 0 ? Number.MAX_SAFE_INTEGER : now().getTime() - retentionSeconds * 1000;
      const purgeNext = (): number => write((release) => purgeBatch(writing, bucket, beforeMs, release));
      while (purgeNext() === PURGE_BATCH);
    },
  };
};
