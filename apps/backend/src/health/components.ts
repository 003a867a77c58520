import type { Database } from "../database/pool.ts";
import type { TaskQueue } from "../queue/task-queue.ts";
import { type Component, ProbeFailure } from "./component.ts";

export const databaseComponent = (database: Database | undefined): Component => ({
  id: "database",
  type: "datastore",
  critical: true,
  configuredBy: "DATABASE_URL",
  probe: database && (async () => void (await database.query("SELECT 1"))),
  timeoutMs: 1500,
  ttlMs: { pass: 1000, fail: 1000 },
});

export const redisComponent = (queue: TaskQueue | undefined): Component => ({
  id: "redis",
  type: "datastore",
  critical: false,
  configuredBy: "REDIS_URL",
  probe: queue?.ping,
  timeoutMs: 1000,
  ttlMs: { pass: 1000, fail: 1000 },
});

/** By a task's way through the queue and back: a worker can live and not consume. */
export const workerComponent = (queue: TaskQueue | undefined): Component => ({
  id: "worker",
  type: "component",
  critical: false,
  configuredBy: "REDIS_URL",
  probe:
    queue &&
    (async () => {
      if (!(await queue.roundTrip())) throw new ProbeFailure("no worker took the task in time");
    }),
  timeoutMs: 3500,
  ttlMs: { pass: 5000, fail: 2000 },
});
