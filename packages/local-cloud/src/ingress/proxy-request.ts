// One request to one instance and its answer back, both streamed: nothing is held but what the sockets hold.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher, Pool } from "undici";
import { type Forwarding, requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { limitBytes, maxMessageBytes } from "./message-size.ts";
import { answerTooLarge, brokenInstance, type Refusal, requestTooLarge, timedOut } from "./refusal.ts";

export type ProxyExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pool: Pool;
  readonly forwarding: Forwarding;
  readonly timeoutMs: number;
  /** Called once, when the instance is free of the request. */
  readonly onEnd: (end: ProxyEnd) => void;
};

export type ProxyEnd =
  /** The client has its answer, or has gone, or was cut off in the middle of an answer that could not be finished. */
  | { readonly kind: "over"; readonly refusal?: Refusal }
  /** Nothing was answered: that is the caller's to do. */
  | { readonly kind: "failed"; readonly refusal: Refusal }
  /** Nothing listened there; the request has not been seen by anybody, and may be sent again. */
  | { readonly kind: "unreached" }
  /** The connection was closed before an answer began; it may have been an idle one that the instance closed just then. */
  | { readonly kind: "reset" };

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const mayRepeat = ({ method }: IncomingMessage): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS";

class Exchange implements Dispatcher.DispatchHandler {
  readonly #exchange: ProxyExchange;
  readonly #onClose = (): void => this.#onClientClose();
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  /** Bytes of the answer that are still to come; not a number where the answer does not say. */
  #left = Number.NaN;

  constructor(exchange: ProxyExchange) {
    this.#exchange = exchange;
  }

  start(): void {
    const { request, response, pool, forwarding, timeoutMs } = this.#exchange;
    this.#timer = setTimeout(() => this.#fail(timedOut), timeoutMs);
    response.on("close", this.#onClose);
    if (Number(request.headers["content-length"] ?? 0) > maxMessageBytes) {
      this.#fail(requestTooLarge);
      return;
    }
    pool.dispatch(
      {
        path: request.url ?? "/",
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request.rawHeaders, forwarding),
        // The dispatcher destroys a body that it could not send, and with the request itself its client's connection.
        body: hasBody(request) ? request.pipe(limitBytes(() => this.#fail(requestTooLarge))) : null,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("the request is over"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (statusCode < 200) return; // Node has answered `100 Continue` itself, and sends no other
    this.#left = Number(headers["content-length"] ?? Number.NaN);
    const { request, response } = this.#exchange;
    // What is chunked may be of any length.
    if (this.#left > maxMessageBytes && request.method !== "HEAD") this.#fail(answerTooLarge);
    else response.writeHead(statusCode, text, responseHeaders(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#exchange;
    this.#left -= chunk.length;
    // The last bytes and the end go in one packet; `onResponseEnd` follows.
    if (this.#left === 0) {
      response.end(chunk);
      return;
    }
    if (response.write(chunk)) return;
    controller.pause();
    response.once("drain", () => controller.resume());
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: Record<string, string | string[]>): void {
    const { response } = this.#exchange;
    if (!response.writableEnded) {
      if (trailers && Object.keys(trailers).length > 0) response.addTrailers(trailers as NodeJS.Dict<string>);
      response.end();
    }
    this.#finish({ kind: "over" });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { readonly code?: string }): void {
    const { request, response } = this.#exchange;
    const untouched = !this.#over && !response.headersSent && !hasBody(request);
    if (untouched && error.code === "ECONNREFUSED") this.#finish({ kind: "unreached" });
    else if (untouched && mayRepeat(request)) this.#finish({ kind: "reset" });
    else this.#fail(brokenInstance);
  }

  #onClientClose(): void {
    if (!this.#exchange.response.writableFinished) this.#fail(undefined);
  }

  #fail(refusal: Refusal | undefined): void {
    if (this.#over) return;
    const { request, response } = this.#exchange;
    const isOver = refusal === undefined || response.headersSent;
    this.#finish(isOver ? { kind: "over", ...(refusal && { refusal }) } : { kind: "failed", refusal });
    this.#controller?.abort(new Error("the request is over"));
    request.unpipe();
    if (isOver) response.destroy();
    else request.resume(); // what the client still sends is read, so that it gets to read the answer
  }

  #finish(end: ProxyEnd): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#exchange.response.off("close", this.#onClose);
    this.#exchange.onEnd(end);
  }
}

export const proxyRequest = (exchange: ProxyExchange): void => new Exchange(exchange).start();
