// The proof that the parts work together: a nonce goes in over HTTP, through the queue to a worker, into PostgreSQL, and
// is read there.
import type { FastifyInstance, FastifyReply } from "fastify";
import { readEcho } from "../database/echo-store.ts";
import type { Database } from "../database/pool.ts";
import { describeFailure } from "../process/describe-failure.ts";
import type { TaskQueue } from "../queue/task-queue.ts";
import { isNonce } from "../queue/tasks.ts";
import { errorBody, sendUnavailable } from "./api-error.ts";

type EchoDependencies = { readonly database: Database | undefined; readonly queue: TaskQueue | undefined };

/** The nonce of a body that is `{ nonce }` and nothing more. */
function parseBody(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || Object.keys(body).length !== 1) return undefined;
  return "nonce" in body && isNonce(body.nonce) ? body.nonce : undefined;
}

const sendNoNonce = (reply: FastifyReply): FastifyReply =>
  reply
    .code(400)
    .send(errorBody("validation", "a nonce is 8 to 64 letters, digits, _ and -, and nothing is beside it"));

const perMinute = (max: number) => ({ config: { rateLimit: { max, timeWindow: 60_000 } } });

export function addEchoRoutes(server: FastifyInstance, { database, queue }: EchoDependencies): void {
  server.post("/api/echo", { ...perMinute(60), bodyLimit: 1024 }, async (request, reply) => {
    const nonce = parseBody(request.body);
    if (nonce === undefined) return sendNoNonce(reply);
    if (!queue) return sendUnavailable(reply, "no-queue", "the queue is not configured", 60);
    const outcome = await queue.enqueueEcho(nonce).catch((err: unknown) => {
      request.log.warn({ err }, "a task was not enqueued");
      return sendUnavailable(reply, "queue-unavailable", `the queue: ${describeFailure(err)}`, 5);
    });
    if (outcome === "full") return sendUnavailable(reply, "queue-full", "too many tasks are waiting", 30);
    if (outcome !== "queued") return outcome;
    return reply.code(202).header("Location", `/api/echo/${nonce}`).send({ nonce, status: "queued" });
  });
  server.get<{ Params: { readonly nonce: string } }>("/api/echo/:nonce", perMinute(600), async (request, reply) => {
    const { nonce } = request.params;
    if (!isNonce(nonce)) return sendNoNonce(reply);
    reply.header("Cache-Control", "no-store");
    if (!database) return sendUnavailable(reply, "no-database", "the database is not configured", 60);
    return await sendEcho(database, nonce, reply);
  });
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
