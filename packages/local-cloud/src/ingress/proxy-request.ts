// One request to one instance and its answer back, both streamed: nothing is held but what the sockets hold.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher, Pool } from "undici";
import { type Forwarding, requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { brokenInstance, type Refusal, sendRefusal, timedOut } from "./refusal.ts";

export type ProxyExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pool: Pool;
  readonly forwarding: Forwarding;
  readonly timeoutMs: number;
  /** Called once, when the instance is free of the request; with what went wrong, if anything did. */
  readonly onEnd: (refusal: Refusal | undefined) => void;
};

/** Methods that may be sent twice when a connection was closed before anything came back. */
const isRepeatable = ({ method, headers }: IncomingMessage): boolean =>
  (method === "GET" || method === "HEAD") && !hasBody(headers);

const hasBody = (headers: IncomingMessage["headers"]): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const rawStrings = (raw: unknown): readonly string[] =>
  Array.isArray(raw)
    ? raw.map((part: Buffer | string) => (typeof part === "string" ? part : part.toString("latin1")))
    : [];

class Exchange implements Dispatcher.DispatchHandler {
  readonly #exchange: ProxyExchange;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #answered = false;
  #repeated = false;

  constructor(exchange: ProxyExchange) {
    this.#exchange = exchange;
  }

  start(): void {
    const { response, timeoutMs } = this.#exchange;
    this.#timer = setTimeout(() => this.#fail(timedOut), timeoutMs);
    response.on("close", () => {
      if (!response.writableFinished) this.#fail(undefined);
    });
    this.#send();
  }

  #send(): void {
    const { request, pool, forwarding } = this.#exchange;
    pool.dispatch(
      {
        path: request.url ?? "/",
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request.rawHeaders, forwarding),
        body: hasBody(request.headers) ? request : null,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("the client has gone"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    _headers: unknown,
    text?: string,
  ): void {
    if (statusCode < 200) return; // Node has answered `100 Continue` itself, and sends no other
    this.#answered = true;
    this.#exchange.response.writeHead(statusCode, text, responseHeaders(rawStrings(controller.rawHeaders)));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#exchange;
    if (response.write(chunk)) return;
    controller.pause();
    response.once("drain", () => controller.resume());
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: Record<string, string | string[]>): void {
    const { response } = this.#exchange;
    if (Object.keys(trailers ?? {}).length > 0) response.addTrailers(trailers as NodeJS.Dict<string>);
    response.end();
    this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, _error: Error): void {
    if (this.#over) return;
    if (!this.#answered && !this.#repeated && isRepeatable(this.#exchange.request)) {
      // An idle connection that the instance closed just as it was used again.
      this.#repeated = true;
      this.#send();
      return;
    }
    this.#fail(brokenInstance);
  }

  #fail(refusal: Refusal | undefined): void {
    if (this.#over) return;
    const { response } = this.#exchange;
    this.#finish(refusal);
    this.#controller?.abort(new Error("the request is over"));
    if (refusal === undefined || this.#answered) response.destroy();
    else sendRefusal(response, refusal);
  }

  #finish(refusal: Refusal | undefined): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#exchange.onEnd(refusal);
  }
}

export const proxyRequest = (exchange: ProxyExchange): void => new Exchange(exchange).start();
