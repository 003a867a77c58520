import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type HealthReport, httpStatus, serverTiming } from "../health/report.ts";

export type Health = {
  /** Database and Redis. */
  readonly basic: () => Promise<HealthReport>;
  /** Every component. */
  readonly detailed: () => Promise<HealthReport>;
};

const contentType = "application/health+json; charset=utf-8";
const retryAfterS = 5;

/**
 * `/api/live` looks at the process alone: it is what startup and liveness probes ask, since restarting every instance
 * mends no database. `/api/health` and `/api/health/detailed` look at the dependencies.
 */
export function addHealthRoutes(server: FastifyInstance, health: Health, revision: string): void {
  server.get("/api/live", async (_request, reply) =>
    reply
      .type(contentType)
      .header("Cache-Control", "no-store")
      .send(JSON.stringify({ status: "pass", revision })),
  );
  server.get("/api/health", async (request, reply) => sendReport(request, reply, await health.basic()));
  server.get("/api/health/detailed", async (request, reply) => sendReport(request, reply, await health.detailed()));
}

function sendReport(request: FastifyRequest, reply: FastifyReply, report: HealthReport): FastifyReply {
  const body = JSON.stringify(report);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
  const status = httpStatus(report.status);
  reply
    .type(contentType)
    .header("Cache-Control", "no-cache")
    .header("ETag", etag)
    .header("Server-Timing", serverTiming(Object.values(report.checks).flat()));
  if (status === 503) reply.header("Retry-After", String(retryAfterS));
  return status === 200 && request.headers["if-none-match"] === etag
    ? reply.code(304).send()
    : reply.code(status).send(body);
}
