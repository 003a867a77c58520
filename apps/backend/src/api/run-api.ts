import type { FastifyInstance } from "fastify";
import { createPool } from "../database/pool.ts";
import { type Component, observeComponent, systemClock } from "../health/component.ts";
import { databaseComponent, redisComponent, workerComponent } from "../health/components.ts";
import { buildReport } from "../health/report.ts";
import type { ProcessContext } from "../process/context.ts";
import type { Logger } from "../process/logger.ts";
import { createTaskQueue } from "../queue/task-queue.ts";
import type { Health } from "./health-routes.ts";
import { createServer } from "./server.ts";
import { followUnusedConnections } from "./unused-connections.ts";

/** How long a connection that was just accepted may take to send its request while the process stops. */
const graceMs = 500;

/** Serves until the process is told to stop. */
export async function runApi({ config, logger, reporter, lifecycle }: ProcessContext): Promise<void> {
  const pool = config.database && createPool(config.database, config.service || "api", logger);
  if (pool) lifecycle.onStop(() => pool.end());
  const queue = config.redis && createTaskQueue(config.redis, logger);
  if (queue) lifecycle.onStop(queue.close);

  const logChange = createChangeLog(logger);
  const observe = (component: Component) => observeComponent(component, systemClock, logChange);
  const database = observe(databaseComponent(pool));
  const redis = observe(redisComponent(queue));
  const worker = observe(workerComponent(queue));
  const health: Health = {
    basic: async () => buildReport(config, "database and Redis", await Promise.all([database(), redis()])),
    detailed: async () => buildReport(config, "every component", await Promise.all([database(), redis(), worker()])),
  };

  const stopping = lifecycle.signal;
  const server = await createServer({ config, health, database: pool, queue, reporter, logger, stopping });
  const destroyUnused = followUnusedConnections(server.server);
  lifecycle.onStop(async () => {
    const timer = setTimeout(destroyUnused, graceMs);
    await server.close();
    clearTimeout(timer);
  });
  await listen(server, config.port);
}

async function listen(server: FastifyInstance, port: number): Promise<void> {
  try {
    await server.listen({ port, host: "0.0.0.0", listenTextResolver: (address) => `listening on ${address}` });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    process.stderr.write(
      `error  port ${port} cannot be listened on (${code})     [port-unavailable]\n  fix  set PORT to another one\n`,
    );
    process.exit(2);
  }
}

/** Once when a component falls ill and once when it is well again, not at every look. */
function createChangeLog(logger: Logger): (component: Component, error: unknown) => void {
  const unwell = new Set<string>();
  return ({ id }, err) => {
    if (err !== undefined) logger[unwell.has(id) ? "debug" : "warn"]({ err }, `${id} is not well`);
    else if (unwell.has(id)) logger.info(`${id} is well again`);
    if (err === undefined) unwell.delete(id);
    else unwell.add(id);
  };
}
