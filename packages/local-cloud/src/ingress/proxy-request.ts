// One request to one instance and its answer back, both streamed: nothing is held but what the sockets hold.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerHead } from "./answer-head.ts";
import type { Trailers } from "./answer-parser.ts";
import { type Forwarding, requestHeaders, writeHead } from "./forwarded-headers.ts";
import type { ConnectionFailure, Exchange, InstanceConnection } from "./instance-connection.ts";
import { maxMessageBytes } from "./message-size.ts";
import { answerTooLarge, brokenInstance, type Refusal, requestTooLarge, timedOut } from "./refusal.ts";
import { hasBody, isChunked, RequestBody } from "./request-body.ts";

export type ProxyExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of this request alone until its end. */
  readonly connection: InstanceConnection;
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

const mayRepeat = ({ method }: IncomingMessage): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS";

const smallBytes = 8 * 1024;

function requestHead(request: IncomingMessage, forwarding: Forwarding): string {
  const headers = requestHeaders(request.rawHeaders, forwarding);
  headers.push("Connection", "keep-alive");
  if (isChunked(request)) headers.push("Transfer-Encoding", "chunked");
  return writeHead(`${request.method} ${request.url} HTTP/1.1`, headers);
}

class RunningExchange implements Exchange {
  readonly #exchange: ProxyExchange;
  readonly #onClose = (): void => this.#onClientClose();
  #timer: NodeJS.Timeout | undefined;
  #body: RequestBody | undefined;
  #isOver = false;

  constructor(exchange: ProxyExchange) {
    this.#exchange = exchange;
  }

  start(): void {
    const { request, response, connection, forwarding, timeoutMs } = this.#exchange;
    this.#timer = setTimeout(() => this.#fail(timedOut), timeoutMs);
    response.on("close", this.#onClose);
    const isSent = !hasBody(request);
    connection.send(requestHead(request, forwarding), { exchange: this, isHead: request.method === "HEAD", isSent });
    if (isSent) return;
    this.#body = new RequestBody(connection, isChunked(request), () => this.#fail(requestTooLarge));
    request.pipe(this.#body);
  }

  onDrain(): void {
    this.#body?.drained();
  }

  onHead({ status, text, headers, length }: AnswerHead): void {
    const { response } = this.#exchange;
    // What is chunked may be of any length.
    if (typeof length === "number" && length > maxMessageBytes) this.#fail(answerTooLarge);
    else response.writeHead(status, text, headers);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    const { response, connection } = this.#exchange;
    // The last bytes and the end go in one packet; with the head, too, in one write, if they are text to Node.
    if (isLast && chunk.length <= smallBytes) response.end(chunk.toString("latin1"), "latin1");
    else if (isLast) response.end(chunk);
    else if (!response.write(chunk)) {
      connection.pause();
      response.once("drain", () => {
        if (!this.#isOver) connection.resume();
      });
    }
  }

  onEnd(trailers: Trailers | undefined): void {
    const { response } = this.#exchange;
    if (!response.writableEnded) {
      if (trailers !== undefined) response.addTrailers(trailers);
      response.end();
    }
    if (this.#body?.writableFinished === false) this.#leaveBody(); // it was answered before its end
    this.#finish({ kind: "over" });
  }

  onFailure(failure: ConnectionFailure): void {
    const { request, response } = this.#exchange;
    const isUntouched = !response.headersSent && !hasBody(request);
    if (isUntouched && failure === "refused") this.#finish({ kind: "unreached" });
    else if (isUntouched && failure === "reset" && mayRepeat(request)) this.#finish({ kind: "reset" });
    else this.#fail(brokenInstance);
  }

  #onClientClose(): void {
    if (!this.#exchange.response.writableFinished) this.#fail(undefined);
  }

  #fail(refusal: Refusal | undefined): void {
    if (this.#isOver) return;
    const { response, connection } = this.#exchange;
    const isOver = refusal === undefined || response.headersSent;
    connection.destroy();
    if (!isOver) this.#leaveBody();
    this.#finish(isOver ? { kind: "over", ...(refusal && { refusal }) } : { kind: "failed", refusal });
    if (isOver) response.destroy();
  }

  /** What the client still sends is read, so that it gets to read the answer. */
  #leaveBody(): void {
    this.#exchange.request.unpipe();
    this.#exchange.request.resume();
  }

  #finish(end: ProxyEnd): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#exchange.response.off("close", this.#onClose);
    this.#exchange.onEnd(end);
  }
}

export const proxyRequest = (exchange: ProxyExchange): void => new RunningExchange(exchange).start();
