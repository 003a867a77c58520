// A request's body on its way to the instance: counted, and framed as its head says.
import type { IncomingMessage } from "node:http";
import { Writable } from "node:stream";
import type { InstanceConnection } from "./instance-connection.ts";
import { maxMessageBytes } from "./message-size.ts";

export const isChunked = ({ headers }: IncomingMessage): boolean => headers["transfer-encoding"] !== undefined;

export const hasBody = (request: IncomingMessage): boolean =>
  isChunked(request) || (request.headers["content-length"] ?? "0") !== "0";

/** Writes a request's body to its instance, as fast as that takes it. */
export class RequestBody extends Writable {
  readonly #connection: InstanceConnection;
  readonly #inChunks: boolean;
  readonly #onExceeded: () => void;
  #sizeBytes = 0;
  #resume: (() => void) | undefined;

  /** @param onExceeded once, where it is longer than the limit: no more is written then */
  constructor(connection: InstanceConnection, inChunks: boolean, onExceeded: () => void) {
    super({ decodeStrings: true });
    this.#connection = connection;
    this.#inChunks = inChunks;
    this.#onExceeded = onExceeded;
  }

  /** The instance takes more. */
  drained(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > maxMessageBytes) {
      this.#onExceeded();
      return;
    }
    if (this.#send(chunk)) done();
    else this.#resume = done;
  }

  override _final(done: () => void): void {
    if (this.#inChunks) this.#connection.write("0\r\n\r\n");
    this.#connection.endRequest();
    done();
  }

  #send(chunk: Buffer): boolean {
    if (!this.#inChunks) return this.#connection.write(chunk);
    this.#connection.write(`${chunk.length.toString(16)}\r\n`);
    this.#connection.write(chunk);
    return this.#connection.write("\r\n");
  }
}
