// Rows of objects, live and archived. Knows SQL and nothing of what Cloud Storage means by it.
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
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

type Row = Record<string, SQLOutputValue>;

/** Attributes are parsed when they are asked for: a listing of names and sizes never does. */
const toRecord = (row: Row): ObjectRecord => {
  let attributes: ObjectAttributes | undefined;
  return {
    bucket: row["bucket"] as string,
    name: row["name"] as string,
    generation: row["generation"] as number,
    metageneration: row["metageneration"] as number,
    content: row["content"] as number,
    sizeBytes: row["size"] as number,
    crc32c: row["crc32c"] as string,
    md5: (row["md5"] as string | null) ?? undefined,
    componentCount: (row["components"] as number | null) ?? undefined,
    createdMs: row["created"] as number,
    updatedMs: row["updated"] as number,
    get attributes(): ObjectAttributes {
      attributes ??= JSON.parse(row["attributes"] as string) as ObjectAttributes;
      return attributes;
    },
    archived:
      typeof row["deleted"] === "number" ? { deletedMs: row["deleted"], softDeleted: row["soft"] === 1 } : undefined,
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
const inRange = "bucket = ?1 AND name >= ?2 AND (?3 IS NULL OR name < ?3)";
const afterName = "bucket = ?1 AND name > ?2 AND (?3 IS NULL OR name < ?3)";
/** Row values compare in the order of the listing: what has been shown is passed over by the index. */
const afterPlace = "bucket = ?1 AND (name, generation) > (?2, ?4) AND (?3 IS NULL OR name < ?3)";

const prepareAll = (database: DatabaseSync) => ({
  getLive: database.prepare("SELECT * FROM live WHERE bucket = ? AND name = ?"),
  getArchived: database.prepare("SELECT * FROM archive WHERE bucket = ? AND name = ? AND generation = ?"),
  putLive: database.prepare(`INSERT OR REPLACE INTO live VALUES (${placeholders(12)})`),
  putArchived: database.prepare(`INSERT OR REPLACE INTO archive VALUES (${placeholders(14)})`),
  deleteLive: database.prepare("DELETE FROM live WHERE bucket = ? AND name = ?"),
  deleteArchived: database.prepare("DELETE FROM archive WHERE bucket = ? AND name = ? AND generation = ?"),
  listLive: database.prepare(`SELECT * FROM live WHERE ${inRange} ORDER BY name LIMIT ?4`),
  listLiveAfter: database.prepare(`SELECT * FROM live WHERE ${afterName} ORDER BY name LIMIT ?4`),
  listSoft: database.prepare(
    `SELECT * FROM archive WHERE ${afterPlace} AND soft = 1 ORDER BY name, generation LIMIT ?5`,
  ),
  listVersions: database.prepare(
    `SELECT ${names}, NULL AS deleted, 0 AS soft FROM live WHERE ${afterPlace}
     UNION ALL SELECT ${names}, deleted, soft FROM archive WHERE ${afterPlace} AND soft = 0
     ORDER BY name, generation LIMIT ?5`,
  ),
  listExpired: database.prepare("SELECT * FROM archive WHERE bucket = ? AND soft = 1 AND deleted < ? LIMIT ?"),
  hasLive: database.prepare("SELECT 1 FROM live WHERE bucket = ? LIMIT 1"),
  hasNoncurrent: database.prepare("SELECT 1 FROM archive WHERE bucket = ? AND soft = 0 LIMIT 1"),
  maxGeneration: database.prepare(
    "SELECT max(coalesce((SELECT max(generation) FROM live), 0), coalesce((SELECT max(generation) FROM archive), 0)) AS n",
  ),
});

export const createObjectRows = (database: DatabaseSync): ObjectRows => {
  const statements = prepareAll(database);
  const getLive = (bucket: string, name: string): ObjectRecord | undefined => {
    const row = statements.getLive.get(bucket, name);
    return row === undefined ? undefined : toRecord(row);
  };
  return {
    getLive,
    getGeneration: (bucket, name, generation) => {
      const live = getLive(bucket, name);
      if (live?.generation === generation) return live;
      const row = statements.getArchived.get(bucket, name, generation);
      return row === undefined ? undefined : toRecord(row);
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
    list: (bucket, kind, { from, afterGeneration, to = null, limit }) => {
      if (kind === "live") {
        const statement = afterGeneration === undefined ? statements.listLive : statements.listLiveAfter;
        return statement.all(bucket, from, to, limit).map(toRecord);
      }
      const statement = kind === "versions" ? statements.listVersions : statements.listSoft;
      return statement.all(bucket, from, to, afterGeneration ?? -1, limit).map(toRecord);
    },
    listExpired: (bucket, deletedBeforeMs, limit) =>
      statements.listExpired.all(bucket, deletedBeforeMs, limit).map(toRecord),
    hasAny: (bucket) =>
      statements.hasLive.get(bucket) !== undefined || statements.hasNoncurrent.get(bucket) !== undefined,
    maxGeneration: () => Number(statements.maxGeneration.get()?.["n"] ?? 0),
  };
};
