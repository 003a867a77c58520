// What Cloud SQL's administration does within PostgreSQL: databases and users.
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import type { PostgresServer } from "./postgres-server.ts";

export type DatabaseInfo = { readonly name: string; readonly charset: string; readonly collation: string };

const owner = "cloudsqlsuperuser";
/** Cloud SQL keeps these for itself. */
const hiddenUsers = ["cloudsqladmin", "cloudsqlsuperuser"];

export const isReservedUser = (name: string): boolean => hiddenUsers.includes(name) || name.startsWith("pg_");

export const listDatabases = (server: PostgresServer): Promise<readonly DatabaseInfo[]> =>
  server.asSuperuser(async (client) => {
    const { rows } = await client.query<DatabaseInfo>(
      `SELECT datname AS name, pg_encoding_to_char(encoding) AS charset, datcollate AS collation
         FROM pg_database WHERE NOT datistemplate ORDER BY datname`,
    );
    return rows;
  });

export type NewDatabase = { readonly name: string; readonly charset?: string; readonly collation?: string };

export const createDatabase = (server: PostgresServer, { name, charset, collation }: NewDatabase): Promise<void> =>
  server.asSuperuser(async (client) => {
    const locale = collation === undefined ? "" : ` LOCALE ${escapeLiteral(collation)}`;
    const encoding = charset === undefined ? "" : ` ENCODING ${escapeLiteral(charset)}`;
    // Only the empty template takes another encoding or locale than its own.
    const template = locale || encoding ? " TEMPLATE template0" : "";
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)} OWNER ${owner}${template}${encoding}${locale}`);
  });

export const dropDatabase = (server: PostgresServer, name: string): Promise<void> =>
  server.asSuperuser(async (client) => void (await client.query(`DROP DATABASE ${escapeIdentifier(name)}`)));

export const listUsers = (server: PostgresServer): Promise<readonly string[]> =>
  server.asSuperuser(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT rolname AS name FROM pg_roles WHERE rolcanlogin AND NOT rolname = ANY($1) ORDER BY rolname",
      [hiddenUsers],
    );
    return rows.map(({ name }) => name);
  });

/** Makes the user or, where there is one, sets its password; without a password nobody can log in as it. */
export const putUser = (server: PostgresServer, name: string, password: string | undefined): Promise<void> =>
  server.asSuperuser(async (client) => {
    if (!(await hasRole(client, name))) {
      await client.query(`CREATE ROLE ${escapeIdentifier(name)} LOGIN CREATEDB CREATEROLE IN ROLE ${owner}`);
    }
    if (password !== undefined) await setPassword(client, name, password);
  });

const setPassword = (client: Client, name: string, password: string) =>
  client.query(`ALTER ROLE ${escapeIdentifier(name)} PASSWORD ${escapeLiteral(password)}`);

export const dropUser = (server: PostgresServer, name: string): Promise<void> =>
  server.asSuperuser(async (client) => void (await client.query(`DROP ROLE ${escapeIdentifier(name)}`)));

const hasRole = async (client: Client, name: string): Promise<boolean> =>
  ((await client.query("SELECT FROM pg_roles WHERE rolname = $1", [name])).rowCount ?? 0) > 0;
