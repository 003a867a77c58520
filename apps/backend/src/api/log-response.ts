import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * One line a request, as https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest. Cloud Run logs
 * every request itself: ours are for what failed, and for `LOG_LEVEL=debug`. The query is left out.
 */
export async function logResponse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const path = request.url.split("?", 1)[0] ?? "";
  const level = reply.statusCode >= 500 ? "warn" : "debug";
  const httpRequest = {
    requestMethod: request.method,
    requestUrl: path,
    status: reply.statusCode,
    latency: `${(reply.elapsedTime / 1000).toFixed(4)}s`,
    remoteIp: request.ip,
  };
  request.log[level]({ httpRequest }, `${request.method} ${path} ${reply.statusCode}`);
}
