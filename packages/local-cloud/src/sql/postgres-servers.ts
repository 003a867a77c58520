// The PostgreSQL server of each instance: where its files are, and with which programs it runs.
import { join } from "node:path";
import type { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import { databaseFlags } from "./database-flags.ts";
import { type InstanceRecord, instanceKey, majorOf } from "./instance-model.ts";
import { findPostgres, installHint, type PostgresBinaries } from "./postgres-binaries.ts";
import { canRunPostgres } from "./postgres-command.ts";
import { createPostgresServer, type PostgresServer } from "./postgres-server.ts";
import { socketDirFor } from "./socket-dir.ts";
import { sqlError } from "./sql-error.ts";

const unusable = (message: string): GoogleError => sqlError("FAILED_PRECONDITION", "failedPrecondition", message);

const rootHint =
  "PostgreSQL does not run as root, and this system forbids user namespaces: run the local cloud as an ordinary user.";

type Options = Pick<CloudContext, "dataDir" | "log" | "signal">;

/** @param find the current record of an instance: its flags are read at each start. */
export function createPostgresServers(
  { dataDir, log, signal }: Options,
  find: (project: string, name: string) => InstanceRecord,
) {
  const servers = new Map<string, PostgresServer>();
  const binaries = new Map<number, PostgresBinaries>();
  const rootDir = join(dataDir, "sql");

  /** @throws {GoogleError} FAILED_PRECONDITION with what is missing on this machine. */
  const requireBinaries = async (major: number): Promise<PostgresBinaries> => {
    const known = binaries.get(major);
    if (known) return known;
    const found = await findPostgres(major, join(rootDir, "libraries"));
    if (!found) throw unusable(`PostgreSQL ${major} is not installed on this machine: ${installHint(major)}.`);
    if (!(await canRunPostgres())) throw unusable(rootHint);
    binaries.set(major, found);
    return found;
  };

  const dirOf = ({ project, name }: InstanceRecord): string => join(rootDir, project, name);
  const socketDirOf = (instance: InstanceRecord): string => socketDirFor(join(dirOf(instance), "socket"));

  const serverOf = (instance: InstanceRecord): PostgresServer => {
    const { project, name } = instance;
    const key = instanceKey(project, name);
    const known = servers.get(key);
    if (known) return known;
    const server = createPostgresServer({
      instance: name,
      dir: dirOf(instance),
      socketDir: socketDirOf(instance),
      findBinaries: () => requireBinaries(majorOf(instance)),
      flags: () => databaseFlags(find(project, name).settings),
      ...{ log, signal },
    });
    servers.set(key, server);
    return server;
  };

  return {
    ...{ requireBinaries, serverOf, socketDirOf },
    installedVersion: (instance: InstanceRecord): string | undefined => binaries.get(majorOf(instance))?.version,
    /** Ends the server and removes its files. */
    destroy: async (instance: InstanceRecord): Promise<void> => {
      await serverOf(instance).destroy();
      servers.delete(instanceKey(instance.project, instance.name));
    },
    stop: async (): Promise<void> => {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}
