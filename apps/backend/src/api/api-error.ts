import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorReporter } from "../process/error-reporter.ts";

type ErrorBody = { readonly error: { readonly code: string; readonly message: string } };

export const errorBody = (code: string, message: string): ErrorBody => ({ error: { code, message } });

/** The service cannot do it now, and may soon. */
export const sendUnavailable = (
  reply: FastifyReply,
  code: string,
  message: string,
  retryAfterS: number,
): FastifyReply => reply.code(503).header("Retry-After", String(retryAfterS)).send(errorBody(code, message));

/** What the caller did wrong is told; what we did wrong is logged and reported, and the answer says no more than that. */
export function createErrorHandler(reporter: ErrorReporter) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(errorBody(codeOf(error), error.message));
    request.log.error({ err: error }, `${request.method} ${request.routeOptions.url ?? "(no route)"} failed`);
    if (status === 503) return sendUnavailable(reply, "timeout", "the request took too long", 5);
    reporter.report(error, { route: request.routeOptions.url ?? "none" });
    return reply.code(status).send(errorBody("internal", "the request failed; the reason is in the service's log"));
  };
}

export const sendNotFound = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.code(404).send(errorBody("not-found", "there is nothing at this path"));

/** `FST_ERR_CTP_BODY_TOO_LARGE` → `body-too-large`. */
const codeOf = ({ code, statusCode }: FastifyError): string =>
  statusCode === 429
    ? "too-many-requests"
    : code
        ?.replace(/^FST_ERR_(CTP_)?/, "")
        .toLowerCase()
        .replaceAll("_", "-") || "invalid-request";
