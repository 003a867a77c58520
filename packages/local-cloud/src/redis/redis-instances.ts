// Instances, and where each is served: by a child of this process, or by the server that REDIS_URL names.
import { join } from "node:path";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import { createPortReservation } from "./free-port.ts";
import { createPasswords } from "./passwords.ts";
import { findRedis, installHint, type RedisBinary } from "./redis-binary.ts";
import type { RedisInstance } from "./redis-instance.ts";
import { createRedisServer, type RedisServer } from "./redis-server.ts";

export type RedisInstances = ReturnType<typeof createRedisInstances>;

/** @param redisUrl of a server to use instead of children: `redis[s]://[:PASSWORD@]HOST[:PORT]`. */
export function createRedisInstances({ store, dataDir, log, signal }: CloudContext, redisUrl: URL | undefined) {
  const records = store.collection<RedisInstance>("redis.instances");
  const servers = new Map<string, RedisServer>();
  let binary: RedisBinary | undefined;

  /** @throws {GoogleError} FAILED_PRECONDITION with what to install. */
  const requireBinary = async (): Promise<RedisBinary> => {
    binary ??= await findRedis();
    if (binary) return binary;
    throw new GoogleError("FAILED_PRECONDITION", `No Redis is installed on this machine: ${installHint}.`);
  };

  const find = (name: string): RedisInstance => {
    const found = records.get(name);
    if (found) return found;
    throw new GoogleError("NOT_FOUND", `Resource '${name.slice(0, 300)}' was not found`);
  };

  /** `projects/p/locations/l/instances/i` → `redis/p/l/i` */
  const dirOf = (name: string): string =>
    join(dataDir, "redis", ...name.split("/").filter((_, index) => index % 2 === 1));
  const passwords = createPasswords((name) => `${dirOf(name)}.auth`);
  const reservePort = createPortReservation(dataDir, () => records.list().map(({ document }) => document.port));
  const serverOf = (name: string): RedisServer | undefined => {
    if (redisUrl) return undefined;
    const known = servers.get(name);
    if (known) return known;
    const server = createRedisServer({
      instance: name.split("/").at(-1) ?? name,
      findBinary: requireBinary,
      settings: () => {
        const { port, memorySizeGb, authEnabled, redisConfigs } = find(name);
        const password = authEnabled ? passwords.get(name) : undefined;
        return { dir: dirOf(name), port, memorySizeGb, redisConfigs, password };
      },
      ...{ log, signal },
    });
    servers.set(name, server);
    return server;
  };

  return {
    ...{ find, serverOf },
    authString: (name: string): string => (redisUrl ? decodeURIComponent(redisUrl.password) : passwords.get(name)),
    exists: (name: string): boolean => records.get(name) !== undefined,
    put: (instance: RedisInstance): void => records.put(instance.name, instance),
    list: (prefix: string): readonly RedisInstance[] => records.list({ prefix }).map(({ document }) => document),
    /** Version that instances get; undefined where it is not this machine's. */
    installedVersion: async (): Promise<string | undefined> => (redisUrl ? undefined : (await requireBinary()).version),
    place: async (): Promise<Pick<RedisInstance, "host" | "port" | "transitEncryption">> => {
      if (redisUrl) {
        const transitEncryption = redisUrl.protocol === "rediss:";
        return { host: redisUrl.hostname, port: Number(redisUrl.port || 6379), transitEncryption };
      }
      return { host: "127.0.0.1", port: await reservePort(), transitEncryption: false };
    },
    /** An outer server asks for a password or not, whatever the instance was created with. */
    authEnabled: (asked: boolean): boolean => (redisUrl ? redisUrl.password !== "" : asked),
    remove: async (name: string): Promise<void> => {
      await serverOf(name)?.destroy();
      servers.delete(name);
      passwords.remove(name);
      records.delete(name);
    },
    stop: async (): Promise<void> => {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}
