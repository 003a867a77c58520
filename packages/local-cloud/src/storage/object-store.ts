// Objects of all buckets on disk: a database of rows, and files for the larger contents.
import { join } from "node:path";
import { type ContentFiles, createContentFiles } from "./content-files.ts";
import { createContentRows } from "./content-rows.ts";
import { type ListPage, type ListQuery, listPage } from "./list-objects.ts";
import type { ObjectRecord } from "./object-record.ts";
import { createObjectRows, type ListedKind } from "./object-rows.ts";
import { createObjectWrites, type ObjectWrites } from "./object-writes.ts";
import { openObjectsDatabase } from "./objects-schema.ts";
import { type OpenContent, openContent } from "./open-content.ts";
import { type NewContent, receiveContent } from "./receive-content.ts";
import { createUploadRows, type UploadRows } from "./upload-rows.ts";

export type ObjectStore = ObjectWrites & {
  /** The live object or, by its number, a live or noncurrent generation. Soft-deleted ones are not found. */
  readonly find: (bucket: string, name: string, generation?: number) => ObjectRecord | undefined;
  readonly findSoftDeleted: (bucket: string, name: string, generation: number) => ObjectRecord | undefined;
  readonly list: (bucket: string, kind: ListedKind, query: ListQuery) => ListPage<ObjectRecord>;
  /** Undefined where it was deleted meanwhile. */
  readonly open: (record: ObjectRecord) => Promise<OpenContent | undefined>;
  /** Takes the bytes of an upload; memory does not grow with them. */
  readonly receive: (body: AsyncIterable<Buffer>) => Promise<NewContent>;
  readonly files: ContentFiles;
  readonly uploads: UploadRows;
  /** No live or noncurrent object. */
  readonly isEmpty: (bucket: string) => boolean;
  /** Removes files that a killed process left, but for those of uploads that may still go on. */
  readonly sweep: () => Promise<void>;
  readonly close: () => void;
};

export type ObjectStoreOptions = {
  readonly folder: string;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  /** See WriteContext. */
  readonly admit: (bucket: string, name: string) => void;
};

export const createObjectStore = ({ folder, now, log, admit }: ObjectStoreOptions): ObjectStore => {
  const database = openObjectsDatabase(join(folder, "objects.db"));
  const files = createContentFiles(join(folder, "contents"));
  const rows = createObjectRows(database);
  const contents = createContentRows(database);
  const uploads = createUploadRows(database);
  const getGeneration = (bucket: string, name: string, generation: number, softDeleted: boolean) => {
    const record = rows.getGeneration(bucket, name, generation);
    return (record?.archived?.softDeleted ?? false) === softDeleted ? record : undefined;
  };
  return {
    ...createObjectWrites({ database, rows, contents, files, now, log, admit }),
    find: (bucket, name, generation) =>
      generation === undefined ? rows.getLive(bucket, name) : getGeneration(bucket, name, generation, false),
    findSoftDeleted: (bucket, name, generation) => getGeneration(bucket, name, generation, true),
    list: (bucket, kind, query) => listPage(query, (range) => rows.list(bucket, kind, range)),
    open: async ({ content }) => {
      const stored = contents.get(content);
      return stored === undefined ? undefined : await openContent(files, stored);
    },
    receive: (body) => receiveContent(files, body),
    files,
    uploads,
    isEmpty: (bucket) => !rows.hasAny(bucket),
    sweep: () => files.sweep((file) => contents.isNamed(file) || uploads.isNamed(file)),
    close: () => database.close(),
  };
};
