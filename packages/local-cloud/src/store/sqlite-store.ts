// The store on Node's own SQLite: one table of JSON documents. A write is in the operating system's hands when the call
// returns, so it survives `kill -9`; after a lost power supply the database is consistent, but may lack the last writes.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { prefixEnd } from "./prefix-end.ts";
import type { Collection, ListOptions, Store } from "./types.ts";

/** Any blob is more than any text in SQLite: the end of a range that has none. */
export const ABOVE_ALL_TEXT = new Uint8Array();

const schema = `
  CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, name)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
`;

/**
 * Opens (creates where missing) a database in WAL mode. `:memory:` gives one that ends with the process. `pageBytes`
 * counts only for a new one.
 */
export const openDatabase = (file: string, options: { readonly pageBytes?: number } = {}): DatabaseSync => {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec(`PRAGMA page_size = ${options.pageBytes ?? 4096};`);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096;");
  return database;
};

/** Runs `work` in a transaction of its own: all of its writes or none. */
export const inTransaction = <Result>(database: DatabaseSync, work: () => Result): Result => {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk, among others, has ended it already: https://www.sqlite.org/lang_transaction.html
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
};

const prepareAll = (database: DatabaseSync) => ({
  get: database.prepare("SELECT document FROM documents WHERE kind = ? AND name = ?"),
  put: database.prepare(
    "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document",
  ),
  delete: database.prepare("DELETE FROM documents WHERE kind = ? AND name = ?"),
  listAfter: database.prepare(
    "SELECT name, document FROM documents WHERE kind = ? AND name >= ? AND name > ? AND name < ? ORDER BY name LIMIT ?",
  ),
  list: database.prepare(
    "SELECT name, document FROM documents WHERE kind = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?",
  ),
  count: database.prepare("SELECT count(*) AS n FROM documents WHERE kind = ? AND name >= ? AND name < ?"),
  sequence: database.prepare("SELECT value FROM sequences WHERE name = ?"),
  advance: database.prepare("INSERT INTO sequences VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"),
});

type Statements = ReturnType<typeof prepareAll>;

const text = (row: Readonly<Record<string, unknown>>, column: string): string => String(row[column]);

const createCollection = <Document>(statements: Statements, kind: string): Collection<Document> => ({
  get: (name) => {
    const row = statements.get.get(kind, name);
    return row === undefined ? undefined : (JSON.parse(text(row, "document")) as Document);
  },
  put: (name, document) => {
    statements.put.run(kind, name, JSON.stringify(document));
  },
  delete: (name) => statements.delete.run(kind, name).changes > 0,
  list: ({ prefix = "", after, limit = -1 }: ListOptions = {}) => {
    const end = prefixEnd(prefix) ?? ABOVE_ALL_TEXT;
    const rows =
      after === undefined
        ? statements.list.all(kind, prefix, end, limit)
        : statements.listAfter.all(kind, prefix, after, end, limit);
    return rows.map((row) => ({ name: text(row, "name"), document: JSON.parse(text(row, "document")) as Document }));
  },
  count: (prefix = "") => {
    const end = prefixEnd(prefix) ?? ABOVE_ALL_TEXT;
    return Number(statements.count.get(kind, prefix, end)?.["n"] ?? 0);
  },
});

/** Sequences are also kept in memory, so that a number taken in a transaction that rolls back is not given again. */
const createSequences = (statements: Statements) => {
  const last = new Map<string, number>();
  return (sequence: string): number => {
    const value = Math.max(last.get(sequence) ?? 0, Number(statements.sequence.get(sequence)?.["value"] ?? 0)) + 1;
    statements.advance.run(sequence, value);
    last.set(sequence, value);
    return value;
  };
};

/** Opens the state kept in `file`; `:memory:` for one that ends with the process. */
export const openStore = (file: string): Store => {
  const database = openDatabase(file);
  database.exec(schema);
  const statements = prepareAll(database);
  return {
    collection: <Document>(kind: string) => createCollection<Document>(statements, kind),
    transaction: (work) => inTransaction(database, work),
    next: createSequences(statements),
    close: () => database.close(),
  };
};
