// The API's side of the queue: it puts tasks in, and asks for a round trip. It never waits long for either.
import { randomUUID } from "node:crypto";
import { type JobsOptions, Queue } from "bullmq";
import type { RedisConfig } from "../config/redis-url.ts";
import { withDeadline } from "../process/deadline.ts";
import type { Logger } from "../process/logger.ts";
import { connectRedis, failFast, type RedisLink, whenReady } from "./redis.ts";
import { queueName, replyKey, type Task } from "./tasks.ts";

export type TaskQueue = {
  /** @throws when Redis does not answer in time. */
  readonly ping: () => Promise<void>;
  /** Sends a task to a worker and waits for its answer; `false` where Redis took it but no worker did. */
  readonly roundTrip: () => Promise<boolean>;
  /** Puts a nonce in, once however often it is sent; `full` when too many tasks wait already. */
  readonly enqueueEcho: (nonce: string) => Promise<"queued" | "full">;
  readonly close: () => Promise<void>;
};

const readyMs = 1000;
const enqueueMs = 1500;
export const roundTripMs = 2000;
const maxWaiting = 1000;

export function createTaskQueue(config: RedisConfig, logger: Logger): TaskQueue {
  const commands = connectRedis(config, "commands", failFast, logger);
  // A blocking read holds its connection.
  const replies = connectRedis(config, "replies", { ...failFast, commandTimeout: roundTripMs + 1000 }, logger);
  const queue = createReopeningQueue(commands, logger);
  return {
    ping: async () => {
      await whenReady(commands, readyMs);
      await commands.client.ping();
    },
    roundTrip: () => roundTrip(queue, commands, replies),
    enqueueEcho: (nonce) => withDeadline(enqueueEcho(queue, nonce), readyMs + enqueueMs),
    close: async () => {
      await queue.close();
      commands.client.disconnect();
      replies.client.disconnect();
    },
  };
}

type ReopeningQueue = { readonly opened: () => Promise<Queue>; readonly close: () => Promise<void> };

/**
 * A queue whose first contact with Redis fails stays failed, in BullMQ: so it is opened when Redis is ready, and anew
 * after such a failure.
 */
function createReopeningQueue(commands: RedisLink, logger: Logger): ReopeningQueue {
  let opening: Promise<Queue> | undefined;
  const open = async (): Promise<Queue> => {
    await whenReady(commands, readyMs);
    const queue = new Queue(queueName, { connection: commands.client });
    queue.on("error", (err) => logger.debug({ err }, "the queue met an error"));
    return queue.waitUntilReady().then(
      () => queue,
      async (error: unknown) => {
        await queue.close().catch(() => {});
        throw error;
      },
    );
  };
  return {
    opened: async () => {
      await whenReady(commands, readyMs);
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

const add = (queue: Queue, { name, data }: Task, options: JobsOptions) =>
  queue.add(name, data, { removeOnComplete: true, removeOnFail: true, ...options });

async function enqueueEcho(queue: ReopeningQueue, nonce: string): Promise<"queued" | "full"> {
  const opened = await queue.opened();
  if ((await opened.count()) >= maxWaiting) return "full";
  await add(
    opened,
    { name: "echo", data: { nonce } },
    { jobId: `echo-${nonce}`, attempts: 6, backoff: { type: "exponential", delay: 500 } },
  );
  return "queued";
}

async function roundTrip(queue: ReopeningQueue, commands: RedisLink, replies: RedisLink): Promise<boolean> {
  const id = randomUUID();
  const opened = await queue.opened();
  await whenReady(replies, readyMs);
  const job = await add(
    opened,
    { name: "ping", data: { id, expiresAt: Date.now() + roundTripMs } },
    // Before all that waits: the question is whether a worker works, not how long the queue is.
    { lifo: true, attempts: 1 },
  );
  const reply = await replies.client.blpop(replyKey(id), roundTripMs / 1000);
  // Where no worker takes them, pings must not pile up. One that is being processed cannot be removed, and ends itself.
  if (!reply && commands.client.status === "ready") await job.remove().catch(() => {});
  return reply !== null;
}
