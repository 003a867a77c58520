import { Agent, buildConnector, type Dispatcher } from "undici";
import { loopbackLookup } from "./loopback-lookup.ts";

/** When what happened to one request, by the monotonic clock. `sentAt` moves if the request is sent again. */
export type RequestTimes = { connectMs?: number; sentAt?: number; firstByteAt?: number };

export type TimedAgent = {
  readonly dispatcher: Dispatcher;
  /** A dispatcher that writes one request's times into `times`. */
  readonly timing: (times: RequestTimes) => Dispatcher;
};

/** Longer than the longest interval between two probes, so that they stay warm. */
const keepAliveTimeoutMs = 330_000;

/**
 * One connection per origin: a latency is that of the service, not of a pool. With one connection the first request that
 * is sent after a connect is the one that paid for it.
 */
export const createTimedAgent = (timeoutMs: number, now: () => number): TimedAgent => {
  const connect = buildConnector({ lookup: loopbackLookup, timeout: timeoutMs, allowH2: false });
  let lastConnectMs: number | undefined;
  const agent = new Agent({
    connections: 1,
    keepAliveTimeout: keepAliveTimeoutMs,
    keepAliveMaxTimeout: keepAliveTimeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: (options, callback) => {
      const startedAt = now();
      connect(options, (...result) => {
        if (result[0] === null) lastConnectMs = now() - startedAt;
        callback(...result);
      });
    },
  });
  const timing = (times: RequestTimes): Dispatcher =>
    agent.compose((dispatch) => (options, handler) => dispatch(options, timed(handler, times)));
  const timed = (handler: Dispatcher.DispatchHandler, times: RequestTimes): Dispatcher.DispatchHandler => ({
    onRequestStart: (controller, context) => {
      times.sentAt = now();
      if (lastConnectMs !== undefined) times.connectMs = lastConnectMs;
      lastConnectMs = undefined;
      handler.onRequestStart?.(controller, context);
    },
    onResponseStart: (controller, status, headers, message) => {
      times.firstByteAt ??= now();
      handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });
  return { dispatcher: agent, timing };
};
