// Instances: what should run is in the store, and what runs is brought to it.
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import { connectionName, type InstanceRecord, instanceKey } from "./instance-model.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { createPostgresServers } from "./postgres-servers.ts";
import { sqlError } from "./sql-error.ts";

export type Instances = ReturnType<typeof createInstances>;

export function createInstances(context: CloudContext) {
  const { store, signal } = context;
  const records = store.collection<InstanceRecord>("sql.instances");

  const find = (project: string, name: string): InstanceRecord => {
    const found = records.get(instanceKey(project, name));
    if (found) return found;
    throw sqlError("NOT_FOUND", "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
  };

  const servers = createPostgresServers(context, find);
  const { serverOf } = servers;

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
    ...{ find, apply, serverOf },
    ...{ requireBinaries: servers.requireBinaries, installedVersion: servers.installedVersion, stop: servers.stop },
    put: (instance: InstanceRecord): void => records.put(instanceKey(instance.project, instance.name), instance),
    exists: (project: string, name: string): boolean => records.get(instanceKey(project, name)) !== undefined,
    list: (project: string): readonly InstanceRecord[] =>
      records.list({ prefix: instanceKey(project, "") }).map(({ document }) => document),
    all: (): readonly InstanceRecord[] => records.list().map(({ document }) => document),
    remove: async (instance: InstanceRecord): Promise<void> => {
      await servers.destroy(instance);
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
      return instance && connectionName(instance) === connection ? servers.socketDirOf(instance) : undefined;
    },
    byConnection: (connection: string): InstanceRecord => {
      const [project = "", region, name = ""] = connection.split(":");
      const instance = records.get(instanceKey(project, name));
      if (instance !== undefined && instance.region === region) return instance;
      throw new GoogleError("NOT_FOUND", `There is no Cloud SQL instance "${connection.slice(0, 200)}".`);
    },
  };
}
