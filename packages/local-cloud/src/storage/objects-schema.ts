// Tables of the objects' database. Live objects have a table of their own, so that a listing is one range of one tree;
// noncurrent and soft-deleted generations are in the other, with the same columns.
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../store/sqlite-store.ts";

const columns = `
  bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
  content INTEGER NOT NULL, size INTEGER NOT NULL, crc32c TEXT NOT NULL, md5 TEXT, components INTEGER,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, attributes TEXT NOT NULL`;

const schema = `
  CREATE TABLE IF NOT EXISTS live (${columns}, PRIMARY KEY (bucket, name)) WITHOUT ROWID, STRICT;
  CREATE TABLE IF NOT EXISTS archive (${columns}, deleted INTEGER NOT NULL, soft INTEGER NOT NULL,
    PRIMARY KEY (bucket, name, generation)) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS archive_soft ON archive (bucket, deleted) WHERE soft = 1;
  CREATE TABLE IF NOT EXISTS contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, refs INTEGER NOT NULL, file TEXT, bytes BLOB) STRICT;
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, document TEXT NOT NULL, file TEXT, generation INTEGER, created INTEGER NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS contents_file ON contents (file) WHERE file IS NOT NULL;
`;

/** Pages larger than usual: a small content takes few of them, and a listing reads several rows of each. */
export const openObjectsDatabase = (file: string): DatabaseSync => {
  const database = openDatabase(file, { pageBytes: 8_192 });
  database.exec(schema);
  return database;
};
