// A real PostgreSQL in a folder of its own, for one test file.
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type Child, startChild } from "./child.ts";
import { freePort } from "./free-port.ts";
import { asOrdinaryUser, findPostgres } from "./postgres-binaries.ts";

export type Postgres = {
  /** Folder of its Unix socket. */
  readonly socketFolder: string;
  readonly port: number;
  /** A fresh database, and its URL over TCP. */
  readonly createDatabase: (name: string) => Promise<string>;
  /** Nothing where it runs. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Stops it and removes its folder. */
  readonly dispose: () => Promise<void>;
};

const settings = { fsync: "off", max_connections: "60", listen_addresses: "127.0.0.1" };

export async function startPostgres(): Promise<Postgres> {
  const root = await mkdtemp(join(tmpdir(), "pg-"));
  const { folder, environment } = await findPostgres(join(root, "links"));
  const env = { PATH: process.env["PATH"], ...environment };
  const data = join(root, "data");
  const initdb = ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  await promisify(execFile)(...spread(asOrdinaryUser(join(folder, "initdb"), initdb)), { env });
  await chmod(root, 0o755);
  const port = await freePort();
  let server: Child | undefined;

  const start = async () => {
    if (server) return;
    const options = Object.entries({ ...settings, port: String(port), unix_socket_directories: root });
    const args = ["-D", data, ...options.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
    server = startChild(...spread(asOrdinaryUser(join(folder, "postgres"), args)), { env });
    await server.line((line) => line.includes("database system is ready to accept connections"));
  };
  const stop = async () => {
    // Fast shutdown: sessions are ended, data is kept.
    server?.kill("SIGINT");
    await server?.exit;
    server = undefined;
  };
  await start();
  return {
    socketFolder: root,
    port,
    createDatabase: async (name) => {
      const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
      await client.connect();
      await client.query(`CREATE DATABASE "${name}"`);
      await client.end();
      return `postgresql://postgres:not-asked-for@127.0.0.1:${port}/${name}`;
    },
    start,
    stop,
    dispose: async () => {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const spread = ([program, args]: readonly [string, readonly string[]]): [string, string[]] => [program, [...args]];
