import { UnrecoverableError, Worker } from "bullmq";
import { writeEcho } from "../database/echo-store.ts";
import { createPool, type Database } from "../database/pool.ts";
import type { ProcessContext } from "../process/context.ts";
import { connectRedis, patient, type RedisLink } from "../queue/redis.ts";
import { parseTask, queueName, replyKey, type Task } from "../queue/tasks.ts";

const replyTtlMs = 10_000;

/**
 * Consumes tasks until the process is told to stop: then it takes no more and finishes those it has. What it cannot
 * finish in time another worker takes once the task's lock has run out.
 */
export async function runWorker({ config, logger, reporter, lifecycle }: ProcessContext): Promise<void> {
  if (!config.database || !config.redis) throw new Error("a worker needs DATABASE_URL and REDIS_URL");
  const name = config.revision || "worker";
  const pool = createPool(config.database, config.service || "worker", logger);
  lifecycle.onStop(() => pool.end());
  const redis = connectRedis(config.redis, "tasks", patient, logger);
  lifecycle.onStop(async () => redis.client.disconnect());

  const worker = new Worker(
    queueName,
    async (job) => {
      const task = parseTask(job.name, job.data);
      if (!task) throw new UnrecoverableError(`the queue holds no task of ours: ${JSON.stringify(job.name)}`);
      await processTask(task, { database: pool, redis, name });
    },
    // A task of a worker that died is taken by another after at most two of these intervals.
    { connection: redis.client, concurrency: 8, lockDuration: 15_000, stalledInterval: 15_000 },
  );
  worker.on("error", (err) => logger.debug({ err }, "the worker met an error"));
  worker.on("failed", (job, err) => {
    const last = !job || job.attemptsMade >= (job.opts.attempts ?? 1);
    logger[last ? "error" : "warn"]({ err }, `task ${job?.name ?? "?"} failed${last ? "" : "; it is tried again"}`);
    if (last) reporter.report(err, { task: job?.name ?? "unknown" });
  });
  // Without Redis there is nothing to finish, and waiting for it would use up the time to stop.
  lifecycle.onStop(() => worker.close(redis.client.status !== "ready"));
  await worker.waitUntilReady();
  logger.info("consuming tasks");
}

type TaskContext = { readonly database: Database; readonly redis: RedisLink; readonly name: string };

async function processTask(task: Task, { database, redis, name }: TaskContext): Promise<void> {
  if (task.name === "echo") return await writeEcho(database, task.data.nonce, name);
  if (task.data.expiresAt < Date.now()) return;
  const key = replyKey(task.data.id);
  await redis.client.multi().lpush(key, name).pexpire(key, replyTtlMs).exec();
}
