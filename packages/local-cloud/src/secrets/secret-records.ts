// Secrets and versions as they are kept. Payloads are files of their own, readable by their owner only.
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../json/json-object.ts";
import type { Store } from "../store/types.ts";

export type SecretRecord = {
  readonly project: string;
  readonly id: string;
  readonly createTime: string;
  readonly etag: string;
  readonly replication: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Numbers of versions, as text. */
  readonly versionAliases: Readonly<Record<string, string>>;
  /** Of the newest version; numbers are never given twice. */
  readonly lastVersion: number;
};

export type VersionState = "ENABLED" | "DISABLED" | "DESTROYED";

export type VersionRecord = {
  readonly number: number;
  readonly state: VersionState;
  readonly createTime: string;
  readonly destroyTime?: string;
  readonly etag: string;
  /** Of the payload, as text. */
  readonly dataCrc32c: string;
  readonly clientSpecifiedPayloadChecksum: boolean;
  /** Name of the payload's file; undefined once destroyed. */
  readonly payload?: string;
};

export type SecretRecords = ReturnType<typeof createSecretRecords>;

export function createSecretRecords(store: Store, dir: string) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const secrets = store.collection<SecretRecord>("secrets");
  const versions = store.collection<VersionRecord>("secrets.versions");
  const secretKey = (project: string, id: string): string => `${project}/${id}`;
  // Padded, so that the order of names is that of numbers.
  const versionKey = (secret: SecretRecord, number: number): string =>
    `${secretKey(secret.project, secret.id)}/${String(number).padStart(9, "0")}`;
  const file = (payload: string): string => join(dir, payload);

  return {
    find: (project: string, id: string) => secrets.get(secretKey(project, id)),
    list: (project: string): readonly SecretRecord[] =>
      secrets.list({ prefix: secretKey(project, "") }).map(({ document }) => document),
    put: (secret: SecretRecord): void => secrets.put(secretKey(secret.project, secret.id), secret),
    version: (secret: SecretRecord, number: number) => versions.get(versionKey(secret, number)),
    listVersions: (secret: SecretRecord): readonly VersionRecord[] =>
      versions.list({ prefix: `${secretKey(secret.project, secret.id)}/` }).map(({ document }) => document),
    putVersion: (secret: SecretRecord, version: VersionRecord): void =>
      versions.put(versionKey(secret, version.number), version),
    /** The payload is on disk before anything names it. */
    addVersion: (secret: SecretRecord, version: Omit<VersionRecord, "payload">, data: Uint8Array): VersionRecord => {
      const stored = { ...version, payload: randomUUID() };
      writeFileSync(file(stored.payload), data, { mode: 0o600, flag: "wx" });
      store.transaction(() => {
        secrets.put(secretKey(secret.project, secret.id), { ...secret, lastVersion: version.number });
        versions.put(versionKey(secret, version.number), stored);
      });
      return stored;
    },
    readPayload: (payload: string): Buffer => readFileSync(file(payload)),
    /** Records that it is destroyed before its payload goes: a file that is left over is removed at the next start. */
    destroyVersion: (secret: SecretRecord, version: VersionRecord, destroyed: VersionRecord): void => {
      versions.put(versionKey(secret, version.number), destroyed);
      if (version.payload) rmSync(file(version.payload), { force: true });
    },
    remove: (secret: SecretRecord): void => {
      const held = versions.list({ prefix: `${secretKey(secret.project, secret.id)}/` });
      store.transaction(() => {
        secrets.delete(secretKey(secret.project, secret.id));
        for (const { name } of held) versions.delete(name);
      });
      for (const { document } of held) if (document.payload) rmSync(file(document.payload), { force: true });
    },
    /** Removes payloads that no version names. */
    sweep: (): void => {
      const named = new Set(versions.list().map(({ document }) => document.payload));
      for (const name of readdirSync(dir)) if (!named.has(name)) rmSync(file(name), { force: true });
    },
  };
}
