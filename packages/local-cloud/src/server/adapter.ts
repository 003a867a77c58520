// From HTTP to handlers and back, once for all APIs: routing, faults, permissions, errors, counting.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AnswerContext, answerRequest, UNKNOWN_RPC } from "./answer.ts";
import { afterHandler, beforeHandler } from "./apply-faults.ts";
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

export const createAdapter = (context: AdapterContext): Adapter => {
  const inFlight = new Set<AbortController>();

  const matchesOf = (request: CloudRequest): readonly RouteMatch[] =>
    context.router
      .find(request.host, request.method, request.path)
      .filter(({ route, params }) => route.applies?.({ ...request, params }) ?? true);

  const dispatch = async (request: CloudRequest): Promise<CloudResponse> => {
    const answer = await answerRequest(matchesOf(request), request, context);
    context.counters.count({ ...answer, status: answer.response.status });
    return answer.response;
  };

  const exchange = async (message: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> => {
    const target = parseTarget(message);
    const { method } = message;
    if (target === undefined || !isHttpMethod(method))
      return await sendResponse(response, new GoogleError("INVALID_ARGUMENT", "Not a request.").toResponse());
    const refusal = refusalOf(target, method, message, context.listensOn);
    if (refusal !== undefined) return await sendResponse(response, refusal.toResponse());

    const request = createCloudRequest(message, method, target, signal);
    const matches = matchesOf(request);
    if (target.path.startsWith(CONTROL_PREFIX))
      return await sendResponse(response, (await answerRequest(matches, request, context)).response);

    const { route, service } = matches[0] ?? {};
    const faults = context.faults.takeHttp({ ...request, rpc: route?.rpc ?? UNKNOWN_RPC });
    const faulted = await beforeHandler(faults, { message, response, request }, service);
    if (faulted === undefined) {
      const { rpc = UNKNOWN_RPC, write = false } = route ?? {};
      return context.counters.count({ api: service?.api ?? UNKNOWN_RPC, rpc, write, status: FAULTED });
    }
    const answer = await answerRequest(matches, faulted, context);
    context.counters.count({ ...answer, status: answer.response.status });
    await afterHandler(faults, { message, response, request }, answer);
  };

  return {
    dispatch,
    handle: async (message, response) => {
      const controller = new AbortController();
      inFlight.add(controller);
      response.once("close", () => {
        inFlight.delete(controller);
        if (!response.writableFinished) controller.abort();
      });
      try {
        await exchange(message, response, controller.signal);
      } catch (error) {
        if (error instanceof GoogleError && !response.headersSent)
          return await sendResponse(response, error.toResponse());
        // The client has gone, or what it was sent broke off: nothing can be said on this connection any more.
        if (!controller.signal.aborted && !response.destroyed)
          context.log(`response ended early: ${message.method} ${parseTarget(message)?.path}: ${String(error)}`);
        message.socket.destroy();
      }
    },
    abort: () => {
      for (const controller of inFlight) controller.abort();
    },
  };
};
