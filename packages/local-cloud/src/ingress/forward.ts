// One request through to an instance and its answer back: streamed both ways, nothing buffered, nothing decided.
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from "node:http";
import { endToEndHeaders, requestHeaders } from "./forwarded-headers.ts";

export type Destination = { readonly host: string; readonly port: number };

/**
 * How a forwarded request ended. The client has had its answer unless it is `unreachable` (the instance did not take the
 * connection, or broke it before it answered) or `timeout` with `started` false: those are the caller's to answer.
 */
export type Forwarded =
  | { readonly outcome: "answered" }
  | { readonly outcome: "client-gone" }
  | { readonly outcome: "timeout" | "unreachable"; readonly started: boolean };

export type ForwardOptions = {
  readonly destination: Destination;
  readonly agent: Agent;
  /** From now to the end of the answer. */
  readonly timeoutMs: number;
  /** Ends the request, as when the instance is taken away. */
  readonly signal?: AbortSignal;
};

/** Connections to instances, kept for reuse until the instance's own keep-alive timeout is near. */
export const createInstanceAgent = (): Agent => new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: "lifo" });

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

/** Sends the request on and resolves when it is over, one way or another. Never rejects. */
export function forward(
  message: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<Forwarded> {
  return new Promise((resolve) => attempt(message, response, options, resolve, true));
}

function attempt(
  message: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
  resolve: (result: Forwarded) => void,
  mayRetry: boolean,
): void {
  const { destination, agent, timeoutMs, signal } = options;
  const client = { address: message.socket.remoteAddress ?? "127.0.0.1", host: message.headers.host ?? "" };
  const upstream = sendRequest({
    ...destination,
    agent,
    method: message.method,
    path: message.url,
    headers: requestHeaders(message.rawHeaders, client),
    setHost: false,
  });
  const body = hasBody(message);
  const timer = setTimeout(() => finish("timeout"), timeoutMs);
  const onAbort = (): void => finish("unreachable");
  const onClientClose = (): void => finish(response.writableFinished ? "answered" : "client-gone");
  let over = false;

  function finish(outcome: Forwarded["outcome"]): void {
    if (over) return;
    over = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    response.off("close", onClientClose);
    message.unpipe(upstream);
    const started = response.headersSent;
    if (outcome !== "answered") upstream.destroy();
    // An answer that has begun and cannot be finished must not look finished.
    if (started && outcome !== "answered") response.destroy();
    resolve(outcome === "answered" || outcome === "client-gone" ? { outcome } : { outcome, started });
  }

  signal?.addEventListener("abort", onAbort, { once: true });
  response.once("close", onClientClose);
  upstream.on("response", (answer) => relay(answer, response, finish));
  upstream.on("error", () => {
    // The instance closed a connection that was kept for reuse just as it was used: it never saw the request.
    if (mayRetry && !over && !body && upstream.reusedSocket && !response.headersSent) {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      response.off("close", onClientClose);
      attempt(message, response, options, resolve, false);
    } else finish("unreachable");
  });
  relayContinue(upstream, response);
  if (body) message.pipe(upstream);
  else upstream.end();
}

/** `100 Continue` and early hints are the instance's to give. */
function relayContinue(upstream: ClientRequest, response: ServerResponse): void {
  upstream.on("continue", () => response.writeContinue());
  upstream.on("information", ({ statusCode, headers }) => {
    if (statusCode === 103) response.writeEarlyHints(headers as Record<string, string>);
  });
}

function relay(
  answer: IncomingMessage,
  response: ServerResponse,
  finish: (outcome: Forwarded["outcome"]) => void,
): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEndHeaders(answer.rawHeaders));
  // An event stream may have nothing to say for a while: its headers go at once. Elsewhere they share a packet with the body.
  if (answer.headers["content-length"] === undefined) response.flushHeaders();
  answer.on("error", () => finish("unreachable"));
  answer.on("close", () => {
    if (!answer.complete) finish("unreachable");
  });
  answer.pipe(response);
}
