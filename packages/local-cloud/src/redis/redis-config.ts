// Pure. Configuration of one server, as Memorystore would run it.
import { GoogleError } from "../server/google-error.ts";

export type RedisSettings = {
  readonly port: number;
  readonly dir: string;
  readonly memorySizeGb: number;
  /** Undefined: no AUTH. */
  readonly password: string | undefined;
  readonly redisConfigs: Readonly<Record<string, string>>;
};

/** https://cloud.google.com/memorystore/docs/redis/supported-redis-configurations */
const supported: Readonly<Record<string, RegExp>> = {
  "maxmemory-policy": /^(?:noeviction|(?:allkeys|volatile)-(?:lru|lfu|random)|volatile-ttl)$/,
  "notify-keyspace-events": /^[KEg$lshzxetdmnA]{0,16}$/,
  timeout: /^\d{1,9}$/,
};

/** Commands that Memorystore blocks: some could write anywhere on this machine. https://cloud.google.com/memorystore/docs/redis/product-constraints#blocked_redis_commands */
const blocked =
  "ACL BGREWRITEAOF BGSAVE CLUSTER CONFIG DEBUG FAILOVER LASTSAVE MIGRATE MODULE PSYNC REPLCONF REPLICAOF SAVE SHUTDOWN SLAVEOF SYNC".split(
    " ",
  );

/** @throws {GoogleError} INVALID_ARGUMENT for one that cannot be set. */
export function parseRedisConfigs(given: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((given ?? {}) as Readonly<Record<string, unknown>>);
  for (const [name, value] of entries) {
    if (Object.hasOwn(supported, name) && supported[name]?.test(String(value))) continue;
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `redisConfigs: "${name.slice(0, 60)}" cannot be set, or has a wrong value.`,
    );
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/**
 * In a file, so that the password is on no command line. Every write is handed to the operating system before it is
 * answered: it survives a killed process, not a lost power supply.
 */
export function renderConfig({ port, dir, memorySizeGb, password, redisConfigs }: RedisSettings): string {
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${JSON.stringify(dir)}`,
    `pidfile ${JSON.stringify(`${dir}/redis.pid`)}`,
    "daemonize no",
    'save ""',
    "appendonly yes",
    "appendfsync no",
    `maxmemory ${memorySizeGb}gb`,
    ...Object.entries({ "maxmemory-policy": "volatile-lru", ...redisConfigs }).map(
      ([name, value]) => `${name} ${value === "" ? '""' : value}`,
    ),
    ...blocked.map((command) => `rename-command ${command} ""`),
    ...(password === undefined ? [] : [`requirepass ${password}`]),
  ];
  return `${lines.join("\n")}\n`;
}
