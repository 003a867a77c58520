// The command lines of PostgreSQL's programs.
import { join } from "node:path";
import { type Command, diesWithParent } from "../processes/dies-with-parent.ts";
import { runProgram } from "../processes/run-program.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";

/** The superuser that Cloud SQL keeps for itself: https://cloud.google.com/sql/docs/postgres/users#other-postgresql-users */
export const superuser = "cloudsqladmin";

/**
 * PostgreSQL refuses to run as root. In a user namespace of its own root's files belong to an ordinary user, so that
 * neither a system account nor a change of owner is needed.
 */
const asOrdinaryUser = ({ file, args }: Command): Command =>
  process.getuid?.() === 0
    ? { file: "unshare", args: ["--user", "--map-user=1000", "--map-group=1000", "--", file, ...args] }
    : { file, args };

/** May programs be run so? Some containers forbid user namespaces even to root. */
export async function canRunPostgres(): Promise<boolean> {
  const { file, args } = asOrdinaryUser({ file: "true", args: [] });
  return runProgram(file, args, { timeoutMs: 5_000 }).then(
    () => true,
    () => false,
  );
}

type ServerPaths = {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  readonly socketDir: string;
  readonly flags: Readonly<Record<string, string>>;
};

/**
 * Reached by its socket only. A committed transaction survives a killed process, not a lost power supply: what is written
 * is handed to the operating system, never flushed to the disk.
 */
export function serverCommand({ binaries, dataDir, socketDir, flags }: ServerPaths): Command {
  const settings = {
    listen_addresses: "",
    unix_socket_directories: `"${socketDir}"`,
    unix_socket_permissions: "0777",
    password_encryption: "scram-sha-256",
    fsync: "off",
    full_page_writes: "off",
    shared_buffers: "32MB",
    log_statement: "none",
    ...flags,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = { file: join(binaries.binDir, "postgres"), args: ["-D", dataDir, "-p", "5432", ...options] };
  // Within the namespace: what changes a process's user takes its parent-death signal away.
  return asOrdinaryUser(diesWithParent(server, "SIGINT"));
}

/** @param passwordFile holds the superuser's password, so that it is on no command line. */
export function initdbCommand(
  binaries: PostgresBinaries,
  dataDir: string,
  passwordFile: string,
  locale: string,
): Command {
  const args = ["-D", dataDir, "-U", superuser, `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8"];
  const more = [`--locale=${locale}`, "--lc-messages=C", "--no-sync"];
  const initdb = { file: join(binaries.binDir, "initdb"), args: [...args, ...more] };
  return asOrdinaryUser(diesWithParent(initdb, "SIGTERM"));
}
