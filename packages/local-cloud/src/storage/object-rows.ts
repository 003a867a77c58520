// Rows of objects, live and archived. Knows SQL and nothing of what Cloud Storage means by it.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ABOVE_ALL_TEXT } from "../store/sqlite-store.ts";
import type { ObjectAttributes, ObjectRecord } from "./object-record.ts";

/** Which generations a listing shows. */
export type ListedKind = "live" | "versions" | "soft-deleted";

/** A place in a listing: from name `from` on (after generation `afterGeneration` of it, where given) up to `to`, excluded. */
export type ListedRange = {
  readonly from: string;
  readonly afterGeneration?: number;
  readonly to: string | undefined;
  readonly limit: number;
};

export type ObjectRows = {
  readonly getLive: (bucket: string, name: string) => ObjectRecord | undefined;
  /** Live or archived. */
  readonly getGeneration: (bucket: string, name: string, generation: number) => ObjectRecord | undefined;
  /** Inserts, or takes the place of the live object of that name. */
  readonly putLive: (record: ObjectRecord) => void;
  readonly putArchived: (record: ObjectRecord) => void;
  readonly deleteLive: (bucket: string, name: string) => void;
  readonly deleteArchived: (bucket: string, name: string, generation: number) => void;
  /** Ordered by name's UTF-8 bytes, then by generation. */
  readonly list: (bucket: string, kind: ListedKind, range: ListedRange) => readonly ObjectRecord[];
  /** Soft-deleted before that time. */
  readonly listExpired: (bucket: string, deletedBeforeMs: number, limit: number) => readonly ObjectRecord[];
  /** Is there a live or noncurrent object? Soft-deleted ones do not count. */
  readonly hasAny: (bucket: string) => boolean;
  readonly maxGeneration: () => number;
};

/** In the order of the tables' columns; those of an archived one have two more. */
type Row = readonly [
  bucket: string,
  name: string,
  generation: number,
  metageneration: number,
  content: number,
  size: number,
  crc32c: string,
  md5: string | null,
  components: number | null,
  created: number,
  updated: number,
  attributes: string,
  deleted?: number | null,
  soft?: number,
];

/** Attributes are parsed when they are asked for: a listing of names and sizes never does. */
const toRecord = (row: Row): ObjectRecord => {
  const [bucket, name, generation, metageneration, content, sizeBytes, crc32c, md5, components] = row;
  const [createdMs, updatedMs, written, deletedMs, soft] = row.slice(9) as [number, number, string, number?, number?];
  let attributes: ObjectAttributes | undefined;
  return {
    ...{ bucket, name, generation, metageneration, content, sizeBytes, crc32c, createdMs, updatedMs },
    md5: md5 ?? undefined,
    componentCount: components ?? undefined,
    get attributes(): ObjectAttributes {
      attributes ??= JSON.parse(written) as ObjectAttributes;
      return attributes;
    },
    archived: typeof deletedMs === "number" ? { deletedMs, softDeleted: soft === 1 } : undefined,
  };
};

const toColumns = (record: ObjectRecord) => [
  record.bucket,
  record.name,
  record.generation,
  record.metageneration,
  record.content,
  record.sizeBytes,
  record.crc32c,
  record.md5 ?? null,
  record.componentCount ?? null,
  record.createdMs,
  record.updatedMs,
  JSON.stringify(record.attributes),
];

const names =
  "bucket, name, generation, metageneration, content, size, crc32c, md5, components, created, updated, attributes";
const placeholders = (count: number): string => Array(count).fill("?").join(", ");
const fromName = "bucket = ?1 AND name >= ?2 AND name < ?3";
const afterName = "bucket = ?1 AND name > ?2 AND name < ?3";
/** Row values compare in the order of the listing: what has been shown is passed over by the index. */
const afterPlace = "bucket = ?1 AND (name, generation) > (?2, ?4) AND name < ?3";

/** Rows as arrays: as objects they take several times the memory. */
const prepareRead = (database: DatabaseSync, sql: string): StatementSync => {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
};

const prepareReads = (database: DatabaseSync) => ({
  getLive: prepareRead(database, "SELECT * FROM live WHERE bucket = ? AND name = ?"),
  getArchived: prepareRead(database, "SELECT * FROM archive WHERE bucket = ? AND name = ? AND generation = ?"),
  listLive: prepareRead(database, `SELECT * FROM live WHERE ${fromName} ORDER BY name LIMIT ?4`),
  listLiveAfter: prepareRead(database, `SELECT * FROM live WHERE ${afterName} ORDER BY name LIMIT ?4`),
  listSoft: prepareRead(
    database,
    `SELECT * FROM archive WHERE ${afterPlace} AND soft = 1 ORDER BY name, generation LIMIT ?5`,
  ),
  listVersions: prepareRead(
    database,
    `SELECT ${names}, NULL AS deleted, 0 AS soft FROM live WHERE ${afterPlace}
     UNION ALL SELECT ${names}, deleted, soft FROM archive WHERE ${afterPlace} AND soft = 0
     ORDER BY name, generation LIMIT ?5`,
  ),
  listExpired: prepareRead(database, "SELECT * FROM archive WHERE bucket = ? AND soft = 1 AND deleted < ? LIMIT ?"),
  hasLive: prepareRead(database, "SELECT 1 FROM live WHERE bucket = ? LIMIT 1"),
  hasNoncurrent: prepareRead(database, "SELECT 1 FROM archive WHERE bucket = ? AND soft = 0 LIMIT 1"),
  maxGeneration: prepareRead(
    database,
    "SELECT max(coalesce((SELECT max(generation) FROM live), 0), coalesce((SELECT max(generation) FROM archive), 0))",
  ),
});

const prepareWrites = (database: DatabaseSync) => ({
  putLive: database.prepare(`INSERT OR REPLACE INTO live VALUES (${placeholders(12)})`),
  putArchived: database.prepare(`INSERT OR REPLACE INTO archive VALUES (${placeholders(14)})`),
  deleteLive: database.prepare("DELETE FROM live WHERE bucket = ? AND name = ?"),
  deleteArchived: database.prepare("DELETE FROM archive WHERE bucket = ? AND name = ? AND generation = ?"),
});

/** The types of node:sqlite know rows as objects only. */
const asRow = (row: unknown): Row => row as Row;

export const createObjectRows = (database: DatabaseSync): ObjectRows => {
  const statements = { ...prepareReads(database), ...prepareWrites(database) };
  const toRecords = (rows: readonly unknown[]): readonly ObjectRecord[] => rows.map(asRow).map(toRecord);
  const getLive = (bucket: string, name: string): ObjectRecord | undefined => {
    const row = statements.getLive.get(bucket, name);
    return row === undefined ? undefined : toRecord(asRow(row));
  };
  return {
    getLive,
    getGeneration: (bucket, name, generation) => {
      const live = getLive(bucket, name);
      if (live?.generation === generation) return live;
      const row = statements.getArchived.get(bucket, name, generation);
      return row === undefined ? undefined : toRecord(asRow(row));
    },
    putLive: (record) => {
      statements.putLive.run(...toColumns(record));
    },
    putArchived: (record) => {
      const { deletedMs = 0, softDeleted = false } = record.archived ?? {};
      statements.putArchived.run(...toColumns(record), deletedMs, softDeleted ? 1 : 0);
    },
    deleteLive: (bucket, name) => {
      statements.deleteLive.run(bucket, name);
    },
    deleteArchived: (bucket, name, generation) => {
      statements.deleteArchived.run(bucket, name, generation);
    },
    list: (bucket, kind, { from, afterGeneration, to = ABOVE_ALL_TEXT, limit }) => {
      if (kind === "live") {
        const statement = afterGeneration === undefined ? statements.listLive : statements.listLiveAfter;
        return toRecords(statement.all(bucket, from, to, limit));
      }
      const statement = kind === "versions" ? statements.listVersions : statements.listSoft;
      return toRecords(statement.all(bucket, from, to, afterGeneration ?? -1, limit));
    },
    listExpired: (bucket, deletedBeforeMs, limit) =>
      toRecords(statements.listExpired.all(bucket, deletedBeforeMs, limit)),
    hasAny: (bucket) =>
      statements.hasLive.get(bucket) !== undefined || statements.hasNoncurrent.get(bucket) !== undefined,
    maxGeneration: () => asRow(statements.maxGeneration.get()).map(Number)[0] ?? 0,
  };
};
