import { isIP } from "node:net";
import { Redis, type RedisOptions } from "ioredis";
import type { RedisConfig } from "../config/redis-url.ts";
import { withDeadline } from "../process/deadline.ts";
import type { Logger } from "../process/logger.ts";

/** A connection, and why it is down when it is: the client itself only says that it cannot write. */
export type RedisLink = { readonly client: Redis; readonly lastError: () => Error | undefined };

const connectionOptions = ({ host, port, username, password, database, tls }: RedisConfig): RedisOptions => ({
  host,
  port,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: password.reveal() }),
  db: database,
  ...(tls !== "off" && {
    tls: { rejectUnauthorized: tls === "verified", ...(isIP(host) === 0 && { servername: host }) },
  }),
  connectTimeout: 3000,
  keepAlive: 10_000,
  retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1000),
});

/** For callers that would rather hear at once that Redis is away than wait for it. */
export const failFast = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 1500 } as const;

/**
 * For the worker: commands wait for Redis to come back (BullMQ requires it of a blocking connection), and a connection on
 * which nothing comes back is given up. The queue's blocking read answers every five seconds.
 */
export const patient = { maxRetriesPerRequest: null, socketTimeout: 15_000 } as const;

/** @param purpose what the log calls it. */
export function connectRedis(config: RedisConfig, purpose: string, behaviour: RedisOptions, logger: Logger): RedisLink {
  const options = { ...connectionOptions(config), ...behaviour, replyMapping: "legacy" } as const;
  const client = new Redis(options);
  let lastError: Error | undefined;
  client.on("error", (err: Error) => {
    // Once an outage, not once an attempt.
    if (!lastError) logger.warn({ err }, `Redis is unreachable (${purpose})`);
    lastError = err;
  });
  client.on("ready", () => {
    if (lastError) logger.info(`Redis is back (${purpose})`);
    lastError = undefined;
  });
  return { client, lastError: () => lastError };
}

/**
 * Waits until the connection can be written to.
 * @throws the error of the last attempt to connect, or a `DeadlineError`.
 */
export async function whenReady({ client, lastError }: RedisLink, timeoutMs: number): Promise<void> {
  if (client.status === "ready") return;
  const error = lastError();
  if (error && client.status === "reconnecting") throw error;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = () => reject(lastError() ?? new Error("the connection to Redis was closed"));
  client.once("ready", resolve).once("close", onClose);
  try {
    await withDeadline(promise, timeoutMs);
  } finally {
    client.off("ready", resolve).off("close", onClose);
  }
}
