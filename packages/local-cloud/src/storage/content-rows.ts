// Rows of contents: who has how many objects, and the bytes of the small ones. Every function belongs into a
// transaction of the objects' database.
import type { DatabaseSync } from "node:sqlite";

export type StoredContent = { readonly bytes: Buffer } | { readonly file: string };

export type ContentRows = {
  /** For the first object that has it. Returns its key. */
  readonly insert: (content: StoredContent) => number;
  /** One more object has it. */
  readonly share: (id: number) => void;
  /** One object less has it; with the last one the row is gone. Returns the file that is to be removed once that is committed. */
  readonly release: (id: number) => string | undefined;
  readonly get: (id: number) => StoredContent | undefined;
  readonly isNamed: (file: string) => boolean;
};

const toContent = (row: Readonly<Record<string, unknown>>): StoredContent => {
  const { file, bytes } = row;
  if (typeof file === "string") return { file };
  const array = bytes as Uint8Array;
  return { bytes: Buffer.from(array.buffer, array.byteOffset, array.byteLength) };
};

export const createContentRows = (database: DatabaseSync): ContentRows => {
  const insert = database.prepare("INSERT INTO contents (refs, file, bytes) VALUES (1, ?, ?)");
  const change = database.prepare("UPDATE contents SET refs = refs + ? WHERE id = ? RETURNING refs, file");
  const remove = database.prepare("DELETE FROM contents WHERE id = ?");
  const get = database.prepare("SELECT file, bytes FROM contents WHERE id = ?");
  const named = database.prepare("SELECT 1 FROM contents WHERE file = ?");
  return {
    insert: (content) => {
      const [file, bytes] = "file" in content ? [content.file, null] : [null, content.bytes];
      return Number(insert.run(file, bytes).lastInsertRowid);
    },
    share: (id) => {
      change.get(1, id);
    },
    release: (id) => {
      const row = change.get(-1, id);
      if (row === undefined || Number(row["refs"]) > 0) return undefined;
      remove.run(id);
      return typeof row["file"] === "string" ? row["file"] : undefined;
    },
    get: (id) => {
      const row = get.get(id);
      return row === undefined ? undefined : toContent(row);
    },
    isNamed: (file) => named.get(file) !== undefined,
  };
};
