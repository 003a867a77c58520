import pg from "pg";
import type { DatabaseConfig } from "../config/database-url.ts";
import type { Logger } from "../process/logger.ts";

export type Database = Pick<pg.Pool, "query">;

/** What `pg` connects with. */
export const clientOptions = ({ host, port, user, password, database, tls }: DatabaseConfig): pg.ClientConfig => ({
  host,
  port,
  user,
  password: password.reveal(),
  database,
  ssl: tls === "off" ? false : { rejectUnauthorized: tls === "verified" },
});

/**
 * A pool that outlives its database: a lost connection is dropped and logged, the next query connects anew, and no
 * query waits longer than its limits.
 */
export function createPool(config: DatabaseConfig, name: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...clientOptions(config),
    application_name: name,
    max: 10,
    connectionTimeoutMillis: 2000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 4000,
    // The client's own limit: a server that is gone or frozen enforces none.
    query_timeout: 5000,
  });
  pool.on("error", (err) => logger.warn({ err }, "a database connection was lost"));
  return pool;
}
