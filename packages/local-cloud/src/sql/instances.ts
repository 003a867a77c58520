// Instances and the PostgreSQL behind each of them. What should run is in the store; what runs is here.
import { join } from "node:path";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import { databaseFlags } from "./database-flags.ts";
import { connectionName, type InstanceRecord, instanceKey, majorOf } from "./instance-model.ts";
import { findPostgres, installHint, type PostgresBinaries } from "./postgres-binaries.ts";
import { canRunPostgres } from "./postgres-command.ts";
import { createPostgresServer, type PostgresServer } from "./postgres-server.ts";
import { socketDirFor } from "./socket-dir.ts";
import { sqlError } from "./sql-error.ts";

export type Instances = ReturnType<typeof createInstances>;

const unusable = (message: string): GoogleError => sqlError("FAILED_PRECONDITION", "failedPrecondition", message);

const rootHint =
  "PostgreSQL does not run as root, and this system forbids user namespaces: run the local cloud as an ordinary user.";

export function createInstances({ store, dataDir, log, signal }: CloudContext) {
  const records = store.collection<InstanceRecord>("sql.instances");
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

  const find = (project: string, name: string): InstanceRecord => {
    const found = records.get(instanceKey(project, name));
    if (found) return found;
    throw sqlError("NOT_FOUND", "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
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

  /** Brings what runs to what the record asks for. */
  const apply = async (instance: InstanceRecord): Promise<void> => {
    const server = serverOf(instance);
    try {
      // Data is made in any case: an instance that was created stopped has its databases.
      await server.start();
      if (instance.settings.activationPolicy === "NEVER") await server.stop();
      records.put(instanceKey(instance.project, instance.name), { ...instance, state: "RUNNABLE" });
    } catch (error) {
      if (!signal.aborted && instance.state === "PENDING_CREATE") {
        records.put(instanceKey(instance.project, instance.name), { ...instance, state: "FAILED" });
      }
      throw error;
    }
  };

  return {
    ...{ find, requireBinaries, serverOf, apply },
    put: (instance: InstanceRecord): void => records.put(instanceKey(instance.project, instance.name), instance),
    exists: (project: string, name: string): boolean => records.get(instanceKey(project, name)) !== undefined,
    list: (project: string): readonly InstanceRecord[] =>
      records.list({ prefix: instanceKey(project, "") }).map(({ document }) => document),
    all: (): readonly InstanceRecord[] => records.list().map(({ document }) => document),
    installedVersion: (instance: InstanceRecord): string | undefined => binaries.get(majorOf(instance))?.version,
    remove: async (instance: InstanceRecord): Promise<void> => {
      await serverOf(instance).destroy();
      servers.delete(instanceKey(instance.project, instance.name));
      records.delete(instanceKey(instance.project, instance.name));
    },
    /** The server of an instance that takes connections. */
    requireRunning: (instance: InstanceRecord): PostgresServer => {
      const server = serverOf(instance);
      if (server.isRunning()) return server;
      const message = "Invalid request: Invalid request since instance is not running.";
      throw sqlError("INVALID_ARGUMENT", "invalid", message);
    },
    socketDir: (connection: string): string | undefined => {
      const [project = "", , name = ""] = connection.split(":");
      const instance = records.get(instanceKey(project, name));
      return instance && connectionName(instance) === connection ? socketDirOf(instance) : undefined;
    },
    byConnection: (connection: string): InstanceRecord => {
      const [project = "", region, name = ""] = connection.split(":");
      const instance = records.get(instanceKey(project, name));
      if (instance !== undefined && instance.region === region) return instance;
      throw new GoogleError("NOT_FOUND", `There is no Cloud SQL instance "${connection.slice(0, 200)}".`);
    },
    stop: async (): Promise<void> => {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}
