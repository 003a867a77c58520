// One instance's PostgreSQL: made on first use, kept running, asked through its socket as its superuser.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import type { Command } from "../processes/dies-with-parent.ts";
import { endStaleProcess } from "../processes/end-stale-process.ts";
import { openLogFile } from "../processes/log-file.ts";
import { runProgram } from "../processes/run-program.ts";
import { createSupervisedProcess, type ProcessSpec } from "../processes/supervised-process.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { initdbCommand, serverCommand, superuser } from "./postgres-command.ts";
import { postgresEnv } from "./postgres-env.ts";
import { makeSocketDir } from "./socket-dir.ts";

export type PostgresServerOptions = {
  readonly instance: string;
  /** Holds the data, the superuser's password and the server's log. */
  readonly dir: string;
  readonly socketDir: string;
  readonly findBinaries: () => Promise<PostgresBinaries>;
  /** Settings beyond our own, asked at each start. */
  readonly flags: () => Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

export type PostgresServer = {
  /** Resolves when it takes connections. Makes the data first where there is none. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Runs `work` with a connection of the superuser; nothing that it sends is written to the server's log. */
  readonly asSuperuser: <Result>(work: (client: Client) => Promise<Result>, database?: string) => Promise<Result>;
  /** Stops it and removes all that it has. */
  readonly destroy: () => Promise<void>;
};

export function createPostgresServer(options: PostgresServerOptions): PostgresServer {
  const { dir, socketDir, log, signal } = options;
  const dataDir = join(dir, "data");
  const passwordFile = join(dir, "superuser");

  const connect = async <Result>(work: (client: Client) => Promise<Result>, database: string): Promise<Result> => {
    const password = readFileSync(passwordFile, "utf8");
    const client = new Client({ host: socketDir, port: 5432, user: superuser, password, database, ...clientTimeouts });
    // The server may end while the connection is idle; the query that follows reports it.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  const prepare = async (): Promise<ProcessSpec> => {
    const binaries = await options.findBinaries();
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (!existsSync(dataDir)) await initialise(binaries, dir, passwordFile);
    // "Fast shutdown": https://www.postgresql.org/docs/15/server-shutdown.html
    await endStaleProcess({ pidFile: join(dataDir, "postmaster.pid"), dir: dataDir, stopSignal: "SIGINT" }, signal);
    makeSocketDir(socketDir);
    const logFile = openLogFile(join(dir, "postgres.log"));
    return {
      subject: `PostgreSQL of instance "${options.instance}"`,
      command: serverCommand({ binaries, dataDir, socketDir, flags: options.flags() }),
      env: postgresEnv(binaries),
      stdio: ["ignore", logFile.fd, logFile.fd],
      onSpawn: logFile.close,
      isReady: async () => connect(async () => true, "postgres"),
      readyTimeoutMs: 60_000,
      stopSignal: "SIGINT",
      stopTimeoutMs: 10_000,
    };
  };

  const server = createSupervisedProcess({ prepare, log });
  return {
    stop: server.stop,
    isRunning: server.isRunning,
    start: async () => {
      await server.start();
      await connect((client) => makeRoles(client), "postgres");
    },
    asSuperuser: (work, database = "postgres") =>
      connect(async (client) => {
        await client.query("SET log_min_error_statement = panic; SET log_min_duration_statement = -1");
        return work(client);
      }, database),
    destroy: async () => {
      await server.stop();
      for (const folder of [socketDir, dir]) await rm(folder, { recursive: true, force: true });
    },
  };
}

const clientTimeouts = { connectionTimeoutMillis: 30_000, query_timeout: 60_000 };

/** Cloud SQL's default is the first; smaller systems have only the second. */
const locales = ["en_US.UTF-8", "C.UTF-8"];

/** Made beside and renamed, so that a killed process leaves no half-made data. */
async function initialise(binaries: PostgresBinaries, dir: string, passwordFile: string): Promise<void> {
  const drafts = readdirSync(dir).filter((name) => name.startsWith("draft-"));
  for (const left of drafts) await rm(join(dir, left), { recursive: true, force: true });
  writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  let failure = "";
  for (const locale of locales) {
    const draft = join(dir, `draft-${randomUUID()}`);
    failure = await runInitdb(initdbCommand(binaries, draft, passwordFile, locale), postgresEnv(binaries));
    if (failure === "") return rename(draft, join(dir, "data"));
    await rm(draft, { recursive: true, force: true });
  }
  throw new Error(`initdb failed: ${failure.slice(-500)}`);
}

/** @returns what it complains of; nothing when it succeeded. */
async function runInitdb({ file, args }: Command, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    await runProgram(file, args, { env });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The roles that every instance of Cloud SQL has. Users made through its API are members of `cloudsqlsuperuser`, which
 * may create databases and roles but is no superuser: https://cloud.google.com/sql/docs/postgres/users
 */
async function makeRoles(client: Client): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cloudsqlsuperuser') THEN
        CREATE ROLE cloudsqlsuperuser CREATEDB CREATEROLE;
        GRANT pg_monitor, pg_signal_backend TO cloudsqlsuperuser;
        CREATE ROLE postgres LOGIN CREATEDB CREATEROLE IN ROLE cloudsqlsuperuser;
        ALTER DATABASE postgres OWNER TO cloudsqlsuperuser;
      END IF;
    END $$`);
}
