// From HTTP to handlers and back, once for all APIs: routing, faults, permissions, errors, counting.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, type AnswerContext, answerRequest, UNKNOWN_RPC } from "./answer.ts";
import { afterHandler, beforeHandler, type Exchange } from "./apply-faults.ts";
import { createCloudRequest } from "./cloud-request.ts";
import type { Counters } from "./counters.ts";
import type { Faults } from "./faults.ts";
import { GoogleError } from "./google-error.ts";
import { isForeignOrigin, isOwnHost, parseTarget, type RequestTarget } from "./request-target.ts";
import { isHttpMethod, type RouteMatch, type Router } from "./router.ts";
import { sendResponse } from "./send-response.ts";
import type { CloudRequest, CloudResponse, HttpMethod } from "./types.ts";

export type AdapterContext = AnswerContext & {
  readonly router: Router;
  readonly faults: Faults;
  readonly counters: Counters;
  /** Address that the server is bound to. */
  readonly listensOn: string;
};

export type Adapter = {
  readonly handle: (message: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** See CloudContext. */
  readonly dispatch: (request: CloudRequest) => Promise<CloudResponse>;
  /** Aborts the signals of all requests in flight. */
  readonly abort: () => void;
};

const CONTROL_PREFIX = "/_local/";

/** How a call that a fault kept from its handler is counted: as an error. */
const FAULTED = 599;

const isSafe = (method: HttpMethod): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS";

const refusalOf = (target: RequestTarget, method: HttpMethod, message: IncomingMessage, listensOn: string) => {
  const { origin } = message.headers;
  if (!isOwnHost(target.host, listensOn))
    return new GoogleError("INVALID_ARGUMENT", `The local cloud does not serve host ${target.host}.`, { code: 421 });
  const controlled = target.path.startsWith(CONTROL_PREFIX);
  if ((controlled || !isSafe(method)) && isForeignOrigin(origin, listensOn))
    return new GoogleError("PERMISSION_DENIED", `Requests from pages of ${origin} are refused.`);
  return undefined;
};

const matchesOf = ({ router }: AdapterContext, request: CloudRequest): readonly RouteMatch[] =>
  router
    .find(request.host, request.method, request.path)
    .filter(({ route, params }) => route.applies?.({ ...request, params }) ?? true);

const answerAndCount = async (
  context: AdapterContext,
  matches: readonly RouteMatch[],
  request: CloudRequest,
): Promise<Answer> => {
  const answer = await answerRequest(matches, request, context);
  context.counters.count({ ...answer, status: answer.response.status });
  return answer;
};

/** Through the faults that are ordered, to the handler, and back. */
const answerFaulted = async (context: AdapterContext, exchange: Exchange): Promise<void> => {
  const { request } = exchange;
  const matches = matchesOf(context, request);
  const { route, service } = matches[0] ?? {};
  const { rpc = UNKNOWN_RPC, write = false } = route ?? {};
  const rpcs = matches.length > 0 ? matches.map((match) => match.route.rpc) : [rpc];
  const faults = context.faults.takeHttp({ ...request, rpcs });
  const faulted = await beforeHandler(faults, exchange, service);
  if (faulted === undefined)
    return context.counters.count({ api: service?.api ?? UNKNOWN_RPC, rpc, write, status: FAULTED });
  await afterHandler(faults, exchange, await answerAndCount(context, matches, faulted));
};

const exchange = async (
  context: AdapterContext,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> => {
  const target = parseTarget(message);
  const { method } = message;
  if (target === undefined || !isHttpMethod(method))
    return await sendResponse(response, new GoogleError("INVALID_ARGUMENT", "Not a request.").toResponse());
  const refusal = refusalOf(target, method, message, context.listensOn);
  if (refusal !== undefined) return await sendResponse(response, refusal.toResponse());

  const request = createCloudRequest(message, method, target, signal);
  if (!target.path.startsWith(CONTROL_PREFIX)) return await answerFaulted(context, { message, response, request });
  const { response: answer } = await answerRequest(matchesOf(context, request), request, context);
  await sendResponse(response, answer);
};

/** What cannot be answered any more, or could not be routed. */
const endBadly = async (
  context: AdapterContext,
  message: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): Promise<void> => {
  if (error instanceof GoogleError && !response.headersSent) return await sendResponse(response, error.toResponse());
  // Where the client is still there, what it was sent broke off: it must not take that for the whole.
  if (!response.destroyed)
    context.log(`response ended early: ${message.method} ${parseTarget(message)?.path}: ${String(error)}`);
  message.socket.destroy();
};

export const createAdapter = (context: AdapterContext): Adapter => {
  const inFlight = new Set<AbortController>();
  return {
    dispatch: async (request) => (await answerAndCount(context, matchesOf(context, request), request)).response,
    handle: async (message, response) => {
      const controller = new AbortController();
      inFlight.add(controller);
      response.once("close", () => {
        inFlight.delete(controller);
        if (!response.writableFinished) controller.abort();
      });
      try {
        await exchange(context, message, response, controller.signal);
      } catch (error) {
        await endBadly(context, message, response, error);
      }
    },
    abort: () => {
      for (const controller of inFlight) controller.abort();
    },
  };
};
