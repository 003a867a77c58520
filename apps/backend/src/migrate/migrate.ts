// Brings the schema up to date, all or nothing, one run at a time.
import { setTimeout as delay } from "node:timers/promises";
import { PG_MIGRATE_LOCK_ID, runner } from "node-pg-migrate";
import pg from "pg";
import type { DatabaseConfig } from "../config/database-url.ts";
import type { Config } from "../config/parse-config.ts";
import { clientOptions } from "../database/pool.ts";

export type MigrateOptions = Config["migration"] & {
  readonly database: DatabaseConfig;
  /** Folder of `NNNN_name.sql` files, each with `-- Up Migration` and `-- Down Migration`. */
  readonly folder: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
};

export type MigrateOutcome =
  | { readonly kind: "done"; readonly applied: readonly string[] }
  /** Another run holds the lock, and did not end in time. */
  | { readonly kind: "locked" }
  | { readonly kind: "failed"; readonly during: "connecting" | "migrating"; readonly error: unknown };

const connectMs = 30_000;
const retryMs = 500;
/** A migration that waits longer for a table would hold up every query behind it. */
const tableLockMs = 10_000;
/** https://www.postgresql.org/docs/15/errcodes-appendix.html: lock_not_available */
const lockNotAvailable = "55P03";

export async function migrate(options: MigrateOptions): Promise<MigrateOutcome> {
  let client: pg.Client;
  let pid: number | undefined;
  try {
    client = await connect(options);
    pid = (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
  } catch (error) {
    return { kind: "failed", during: "connecting", error };
  }
  const cancel = () => void cancelStatement(pid, options);
  options.signal.addEventListener("abort", cancel);
  try {
    if (!(await lock(client, options))) return { kind: "locked" };
    const applied = await runner({
      dbClient: client,
      dir: options.folder,
      direction: "up",
      migrationsTable: "pgmigrations",
      singleTransaction: true,
      logger: { info: options.onLine, warn: options.onLine, error: options.onLine },
    });
    return { kind: "done", applied: applied.map(({ name }) => name) };
  } catch (error) {
    return { kind: "failed", during: "migrating", error };
  } finally {
    options.signal.removeEventListener("abort", cancel);
    // Ending the session also gives the lock back.
    await client.end().catch(() => {});
  }
}

/** Connects, and tries again while the server is not there yet: a job may start before its socket does. */
async function connect({ database, signal }: MigrateOptions): Promise<pg.Client> {
  const giveUpAt = performance.now() + connectMs;
  while (true) {
    const client = new pg.Client({
      ...clientOptions(database),
      application_name: "migrate",
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    // Without a listener a lost connection would end the process; the statement that needed it fails anyway.
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (!mayPass(error) || performance.now() > giveUpAt) throw error;
      await delay(retryMs, undefined, { signal });
    }
  }
}

/** No socket yet, nobody listening, or a server that is starting (57P03). */
const mayPass = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["ECONNREFUSED", "ECONNRESET", "ENOENT", "57P03"].includes(String(error.code));

/** Takes node-pg-migrate's own lock before it does, in the same session: so that the wait is told, and ends. */
async function lock(client: pg.Client, options: MigrateOptions): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [
    PG_MIGRATE_LOCK_ID,
  ]);
  if (!rows[0]?.held) {
    const { lockTimeoutMs } = options;
    options.onLine(`another migration is running; waiting for it, at most ${lockTimeoutMs / 1000} s`);
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    try {
      await client.query("SELECT pg_advisory_lock($1)", [PG_MIGRATE_LOCK_ID]);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === lockNotAvailable) return false;
      throw error;
    }
  }
  await client.query(`SET lock_timeout = ${tableLockMs}; SET statement_timeout = ${options.statementTimeoutMs}`);
  return true;
}

/** PostgreSQL goes on with a statement whose client is gone: it has to be told, over a second connection. */
async function cancelStatement(pid: number | undefined, { database }: MigrateOptions): Promise<void> {
  const second = new pg.Client({ ...clientOptions(database), connectionTimeoutMillis: 2000, query_timeout: 2000 });
  second.on("error", () => {});
  try {
    await second.connect();
    await second.query("SELECT pg_cancel_backend($1)", [pid]);
  } catch {
    // Then ending the session has to do.
  } finally {
    await second.end().catch(() => {});
  }
}
