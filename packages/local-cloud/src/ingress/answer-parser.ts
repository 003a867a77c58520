// Takes an instance's answers apart as their bytes come: https://www.rfc-editor.org/rfc/rfc9112. Strict: what can be read in
// two ways is malformed. Nothing is held but a head, or the line of a chunk.
import { type AnswerHead, isValue, parseAnswerHead } from "./answer-head.ts";
import { isHopByHop } from "./forwarded-headers.ts";

export type Trailers = Readonly<Record<string, string>>;

export type AnswerSink = {
  /** Once for an answer; interim answers (1xx) are left out. */
  readonly onHead: (head: AnswerHead) => void;
  /** `isLast`: `onEnd` follows at once. */
  readonly onData: (chunk: Buffer, isLast: boolean) => void;
  readonly onEnd: (trailers: Trailers | undefined) => void;
};

const maxHeadBytes = 64 * 1024;
const maxLineBytes = 4 * 1024;
const maxTrailers = 100;

const chunkLine = /^([0-9a-fA-F]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const trailerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;

/** What says how far a message goes has no meaning after its end, and another one to whoever reads it next. */
const isFraming = (name: string): boolean => isHopByHop(name.toLowerCase()) || name.toLowerCase() === "content-length";

/** The connection is of no more use. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

type State = "idle" | "head" | "body" | "chunk-line" | "chunk" | "chunk-end" | "trailers" | "until-close";

export class AnswerParser {
  #sink: AnswerSink | undefined;
  #isHead = false;
  #state: State = "idle";
  /** Bytes of the body, or of its chunk, that are still to come. */
  #left = 0;
  /** The beginning of what has not come whole. */
  #rest: Buffer | undefined;
  #trailers: Record<string, string> = {};

  /** Before the request of the answer is sent. `isHead`: it asks for no body. */
  expect(sink: AnswerSink, isHead: boolean): void {
    this.#sink = sink;
    this.#isHead = isHead;
    this.#state = "head";
  }

  /** Has any of an answer come that is not over? */
  get hasBegun(): boolean {
    return this.#rest !== undefined || (this.#state !== "idle" && this.#state !== "head");
  }

  /** Throws MalformedAnswer. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (next < 0) {
        this.#rest = at === 0 ? bytes : bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** After the last byte of the connection. Throws MalformedAnswer where that ends an answer too early. */
  finish(): void {
    if (this.#state === "until-close") this.#end(undefined);
    else if (this.#state !== "idle") throw new MalformedAnswer("it ended before its end");
  }

  /** The position after what could be taken; negative: more is needed. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "idle":
        throw new MalformedAnswer("there is more than one answer");
      case "head":
        return this.#head(bytes, at);
      case "chunk-line":
        return this.#line(bytes, at, this.#chunkLine);
      case "chunk-end":
        return this.#line(bytes, at, this.#chunkEnd);
      case "trailers":
        return this.#line(bytes, at, this.#trailer);
      case "until-close":
        this.#sink?.onData(at === 0 ? bytes : bytes.subarray(at), false);
        return bytes.length;
      default:
        return this.#data(bytes, at);
    }
  }

  #head(bytes: Buffer, at: number): number {
    const end = bytes.indexOf("\r\n\r\n", at, "latin1");
    if ((end < 0 ? bytes.length : end) - at > maxHeadBytes) throw new MalformedAnswer("its head is too large");
    if (end < 0) return -1;
    const head = parseAnswerHead(bytes.toString("latin1", at, end), this.#isHead);
    if (head === undefined || head.status === 101) throw new MalformedAnswer("its head is not HTTP/1.1");
    if (head.status >= 200) this.#begin(head);
    return end + 4;
  }

  #begin(head: AnswerHead): void {
    this.#sink?.onHead(head);
    if (head.length === 0) this.#end(undefined);
    else if (head.length === "chunked") this.#state = "chunk-line";
    else if (head.length === "until-close") this.#state = "until-close";
    else {
      this.#left = head.length;
      this.#state = "body";
    }
  }

  #data(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    const part = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
    this.#left -= end - at;
    const isLast = this.#left === 0 && this.#state === "body";
    this.#sink?.onData(part, isLast);
    if (isLast) this.#end(undefined);
    else if (this.#left === 0) this.#state = "chunk-end";
    return end;
  }

  #line(bytes: Buffer, at: number, take: (line: string) => void): number {
    const end = bytes.indexOf("\r\n", at, "latin1");
    if ((end < 0 ? bytes.length : end) - at > maxLineBytes) throw new MalformedAnswer("a chunk's line is too long");
    if (end < 0) return -1;
    take(bytes.toString("latin1", at, end));
    return end + 2;
  }

  readonly #chunkLine = (line: string): void => {
    const [, size] = chunkLine.exec(line) ?? [];
    if (size === undefined) throw new MalformedAnswer("a chunk has no size");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  };

  readonly #chunkEnd = (line: string): void => {
    if (line !== "") throw new MalformedAnswer("a chunk is longer than its size");
    this.#state = "chunk-line";
  };

  readonly #trailer = (line: string): void => {
    if (line === "") {
      const trailers = this.#trailers;
      this.#trailers = {};
      this.#end(Object.keys(trailers).length > 0 ? trailers : undefined);
      return;
    }
    const [, name, value] = trailerLine.exec(line) ?? [];
    if (name === undefined || value === undefined || !isValue(value) || isFraming(name))
      throw new MalformedAnswer("a trailer is no header");
    if (Object.keys(this.#trailers).length >= maxTrailers) throw new MalformedAnswer("it has too many trailers");
    this.#trailers[name] = value;
  };

  #end(trailers: Trailers | undefined): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#state = "idle";
    sink?.onEnd(trailers);
  }
}
