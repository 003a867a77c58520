// The proof that the parts work together: a nonce goes in over HTTP, through the queue to a worker, into PostgreSQL, and
// is read there.
import type { FastifyInstance, FastifyReply } from "fastify";
import { readEcho } from "../database/echo-store.ts";
import type { Database } from "../database/pool.ts";
import { describeFailure } from "../process/describe-failure.ts";
import type { TaskQueue } from "../queue/task-queue.ts";
import { nonceSource } from "../queue/tasks.ts";
import { errorBody, sendUnavailable } from "./api-error.ts";

type EchoDependencies = { readonly database: Database | undefined; readonly queue: TaskQueue | undefined };

const nonceSchema = {
  type: "object",
  required: ["nonce"],
  additionalProperties: false,
  properties: { nonce: { type: "string", pattern: nonceSource } },
} as const;
type Nonce = { readonly nonce: string };

const perMinute = (max: number) => ({ config: { rateLimit: { max, timeWindow: 60_000 } } });

export function addEchoRoutes(server: FastifyInstance, { database, queue }: EchoDependencies): void {
  server.post<{ Body: Nonce }>(
    "/api/echo",
    { ...perMinute(60), schema: { body: nonceSchema }, bodyLimit: 1024 },
    async (request, reply) => {
      if (!queue) return sendUnavailable(reply, "no-queue", "the queue is not configured", 60);
      const outcome = await queue.enqueueEcho(request.body.nonce).catch((err: unknown) => {
        request.log.warn({ err }, "a task was not enqueued");
        return sendUnavailable(reply, "queue-unavailable", `the queue: ${describeFailure(err)}`, 5);
      });
      if (outcome === "full") return sendUnavailable(reply, "queue-full", "too many tasks are waiting", 30);
      if (outcome !== "queued") return outcome;
      const { nonce } = request.body;
      return reply.code(202).header("Location", `/api/echo/${nonce}`).send({ nonce, status: "queued" });
    },
  );
  server.get<{ Params: Nonce }>(
    "/api/echo/:nonce",
    { ...perMinute(600), schema: { params: nonceSchema } },
    async (request, reply) => {
      reply.header("Cache-Control", "no-store");
      if (!database) return sendUnavailable(reply, "no-database", "the database is not configured", 60);
      return await sendEcho(database, request.params.nonce, reply);
    },
  );
}

async function sendEcho(database: Database, nonce: string, reply: FastifyReply): Promise<FastifyReply> {
  try {
    const echo = await readEcho(database, nonce);
    return echo ? reply.send(echo) : reply.code(404).send(errorBody("not-found", "this nonce was not written (yet)"));
  } catch (err) {
    reply.log.warn({ err }, "a nonce could not be read");
    return sendUnavailable(reply, "database-unavailable", `the database: ${describeFailure(err)}`, 5);
  }
}
