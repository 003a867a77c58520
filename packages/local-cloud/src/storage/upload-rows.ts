// Resumable uploads that have begun: they go on after a restart, and are told of their end once it is committed.
import type { DatabaseSync } from "node:sqlite";
import type { ExpectedChecksums } from "./content-hash.ts";
import type { ObjectAttributes } from "./object-record.ts";
import type { Preconditions } from "./preconditions.ts";

export type UploadRecord = {
  /** Unguessable: whoever knows it may go on with the upload. */
  readonly id: string;
  readonly bucket: string;
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly preconditions: Preconditions;
  readonly expected: ExpectedChecksums;
  /** As announced by `X-Upload-Content-Length`. */
  readonly totalBytes?: number;
};

export type Upload = UploadRecord & {
  /** File of what has arrived; undefined: nothing has. */
  readonly file: string | undefined;
  /** Of the object that it has become. */
  readonly generation: number | undefined;
};

export type UploadRows = {
  readonly insert: (record: UploadRecord, createdMs: number) => void;
  readonly get: (id: string) => Upload | undefined;
  readonly setFile: (id: string, file: string) => void;
  /** Within the transaction that makes the object. */
  readonly finish: (id: string, generation: number) => void;
  readonly delete: (id: string) => void;
  /** Those begun before that time; deletes them and returns their files. */
  readonly expire: (createdBeforeMs: number) => readonly string[];
  readonly isNamed: (file: string) => boolean;
};

export const createUploadRows = (database: DatabaseSync): UploadRows => {
  const insert = database.prepare("INSERT INTO uploads (id, document, created) VALUES (?, ?, ?)");
  const get = database.prepare("SELECT document, file, generation FROM uploads WHERE id = ?");
  const setFile = database.prepare("UPDATE uploads SET file = ? WHERE id = ?");
  const finish = database.prepare("UPDATE uploads SET file = NULL, generation = ? WHERE id = ?");
  const remove = database.prepare("DELETE FROM uploads WHERE id = ?");
  const expire = database.prepare("DELETE FROM uploads WHERE created < ? RETURNING file");
  const named = database.prepare("SELECT 1 FROM uploads WHERE file = ?");
  return {
    insert: (record, createdMs) => {
      insert.run(record.id, JSON.stringify(record), createdMs);
    },
    get: (id) => {
      const row = get.get(id);
      if (row === undefined) return undefined;
      const record = JSON.parse(String(row["document"])) as UploadRecord;
      const { file, generation } = row;
      return {
        ...record,
        file: typeof file === "string" ? file : undefined,
        generation: typeof generation === "number" ? generation : undefined,
      };
    },
    setFile: (id, file) => {
      setFile.run(file, id);
    },
    finish: (id, generation) => {
      finish.run(generation, id);
    },
    delete: (id) => {
      remove.run(id);
    },
    expire: (createdBeforeMs) =>
      expire.all(createdBeforeMs).flatMap(({ file }) => (typeof file === "string" ? [file] : [])),
    isNamed: (file) => named.get(file) !== undefined,
  };
};
