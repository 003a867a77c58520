import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Config } from "../config/parse-config.ts";
import type { Database } from "../database/pool.ts";
import type { ErrorReporter } from "../process/error-reporter.ts";
import type { Logger } from "../process/logger.ts";
import type { TaskQueue } from "../queue/task-queue.ts";
import { createErrorHandler, sendNotFound } from "./api-error.ts";
import { addEchoRoutes } from "./echo-routes.ts";
import { addHealthRoutes, type Health } from "./health-routes.ts";
import { logResponse } from "./log-response.ts";

export type ServerDependencies = {
  readonly config: Config;
  readonly health: Health;
  readonly database: Database | undefined;
  readonly queue: TaskQueue | undefined;
  readonly reporter: ErrorReporter;
  readonly logger: Logger;
  /** Aborted when the process is to stop: answers then close their connections. */
  readonly stopping: AbortSignal;
};

/** What pages of the app's origin may read beyond the body. */
const exposedHeaders = ["Date", "ETag", "Retry-After", "Server-Timing", "X-Revision"];

/** Fastify's own compilers of schemas, Ajv among them, would be loaded for none: for a quarter of the time to start. */
const refuseSchema = (): never => {
  throw new Error("routes parse what they are sent themselves: there is no compiler of schemas");
};

/** The API, not listening yet. */
export async function createServer(dependencies: ServerDependencies): Promise<FastifyInstance> {
  const { config, health, database, queue, reporter, logger, stopping } = dependencies;
  const loggerInstance: FastifyBaseLogger = logger;
  const server = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 16 * 1024,
    requestTimeout: 10_000,
    // How often Node looks for requests past their time; 30 s unless told.
    http: { connectionsCheckingInterval: 2000 },
    handlerTimeout: 10_000,
    // Longer than the proxy in front keeps a connection (600 s):
    // https://cloud.google.com/load-balancing/docs/https#timeouts_and_retries
    keepAliveTimeout: 620_000,
    // What is accepted is answered: the instance is taken out of rotation by whoever stops it.
    return503OnClosing: false,
    // Cloud Run's front end appends the caller's address; what stands before it is the caller's word.
    trustProxy: config.service ? (_address, hop) => hop === 0 : false,
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
  });
  await server.register(cors, {
    origin: [...config.corsOrigins],
    methods: ["GET", "HEAD", "POST"],
    allowedHeaders: ["Content-Type"],
    exposedHeaders,
    maxAge: 600,
  });
  await server.register(rateLimit, { global: false });
  server.setErrorHandler(createErrorHandler(reporter));
  server.setNotFoundHandler(sendNotFound);
  server.addHook("onRequest", async ({ headers: { origin } }, reply) => {
    reply.header("X-Content-Type-Options", "nosniff").header("X-Revision", config.revision);
    if (origin && config.corsOrigins.includes(origin)) reply.header("Timing-Allow-Origin", origin);
  });
  server.addHook("onSend", async (_request, reply) => {
    if (stopping.aborted) reply.header("Connection", "close");
  });
  server.addHook("onResponse", logResponse);
  addHealthRoutes(server, health, config.revision);
  addEchoRoutes(server, { database, queue });
  return server;
}
