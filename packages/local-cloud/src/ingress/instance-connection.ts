// One connection to an instance, with one request under way at a time. An HTTP client library that takes each header apart
// and puts it together again takes as much time as the container itself: this passes on what it need not understand.
import { connect, type Socket } from "node:net";
import type { ProbeTarget } from "../run/probe.ts";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerParser, type AnswerSink, type Trailers } from "./answer-parser.ts";

/** Why there is no answer, or not all of it. */
export type ConnectionFailure =
  /** Nothing listens there. */
  | "refused"
  /** It was closed before an answer began. */
  | "reset"
  /** What came is no HTTP answer, or its end is missing. */
  | "malformed";

export type Exchange = AnswerSink & {
  /** Once, in place of `onEnd`. */
  readonly onFailure: (failure: ConnectionFailure) => void;
  /** The instance takes more of the request's body. */
  readonly onDrain: () => void;
};

/** Below what servers commonly keep an idle connection for (Node and uvicorn 5 s), so that this side closes first. */
const keepAliveMs = 4_000;
const connectTimeoutMs = 10_000;

export class InstanceConnection implements AnswerSink {
  readonly #socket: Socket;
  readonly #parser = new AnswerParser();
  readonly #onIdle: (connection: InstanceConnection) => void;
  #exchange: Exchange | undefined;
  #isSent = false;
  #keepsAlive = false;
  #idleMs = keepAliveMs;

  /** @param onIdle when it is good for another request */
  constructor(address: ProbeTarget, onIdle: (connection: InstanceConnection) => void, onClose: () => void) {
    this.#onIdle = onIdle;
    const socket = connect({ ...address, noDelay: true });
    this.#socket = socket;
    socket.setTimeout(connectTimeoutMs);
    socket.once("connect", () => socket.setTimeout(this.#idleMs));
    socket.on("timeout", () => {
      if (socket.connecting || this.#exchange === undefined) socket.destroy();
    });
    socket.on("data", (chunk) => this.#onBytes(chunk));
    socket.on("end", () => this.#onLastByte());
    socket.on("drain", () => this.#exchange?.onDrain());
    socket.on("error", (error: NodeJS.ErrnoException) =>
      this.#fail(error.code === "ECONNREFUSED" ? "refused" : "reset"),
    );
    socket.once("close", () => {
      this.#fail("reset");
      onClose();
    });
  }

  /** False once it is closed, or about to be. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.readable;
  }

  /** Sends a request's head. `isSent`: there is no body, else `endRequest` says so. */
  send(head: string, { exchange, isHead, isSent }: { exchange: Exchange; isHead: boolean; isSent: boolean }): void {
    this.#exchange = exchange;
    this.#isSent = isSent;
    this.#parser.expect(this, isHead);
    this.#socket.write(head, "latin1");
  }

  /** More of the body. False: wait for `onDrain`. */
  write(chunk: Buffer | string): boolean {
    return this.#socket.write(chunk, "latin1");
  }

  endRequest(): void {
    this.#isSent = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Its instance has gone: what is under way fails. */
  lose(): void {
    this.#socket.destroy();
  }

  /** Ends it; nobody is told. */
  destroy(): void {
    this.#exchange = undefined;
    this.#socket.destroy();
  }

  onHead(head: AnswerHead): void {
    this.#keepsAlive = head.keepsAlive;
    if (head.idleS !== undefined) this.#setIdle(Math.min(keepAliveMs, head.idleS * 1000 - 1000));
    this.#exchange?.onHead(head);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    this.#exchange?.onData(chunk, isLast);
  }

  onEnd(trailers: Trailers | undefined): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    // What is left of a request that was answered before its end would be taken for the next one.
    if (this.#keepsAlive && this.#isSent && this.#idleMs > 0) this.#onIdle(this);
    else this.#socket.destroy();
    exchange?.onEnd(trailers);
  }

  #setIdle(idleMs: number): void {
    if (idleMs === this.#idleMs) return;
    this.#idleMs = idleMs;
    this.#socket.setTimeout(Math.max(0, idleMs));
  }

  #onBytes(chunk: Buffer): void {
    try {
      this.#parser.push(chunk);
    } catch {
      this.#fail("malformed"); // as are headers that Node refuses to pass on
      this.#socket.destroy();
    }
  }

  #onLastByte(): void {
    try {
      this.#parser.finish();
    } catch {
      this.#fail(this.#parser.hasBegun ? "malformed" : "reset");
    }
    this.#socket.destroy();
  }

  #fail(failure: ConnectionFailure): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onFailure(failure);
  }
}
