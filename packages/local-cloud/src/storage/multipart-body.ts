// Reads `multipart/related` and `multipart/mixed` part by part while it arrives. Memory: one chunk and one boundary.
// https://cloud.google.com/storage/docs/uploading-objects-from-memory and RFC 2046, section 5.1
import { StorageError } from "./storage-error.ts";

export type BodyPart = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Must be read to its end before the next part is asked for. */
  readonly body: AsyncIterable<Buffer>;
};

const MAX_HEADER_BYTES = 16 * 1024;

const malformed = (why: string): StorageError => new StorageError("parseError", `Malformed multipart body: ${why}.`);

/** Of `multipart/related; boundary="===7330845974216740156=="`; undefined for anything that is not multipart. */
export const boundaryOf = (contentType: string | undefined): string | undefined => {
  const match = /^multipart\/\w+\s*;.*?boundary=(?:"([^"]{1,200})"|'([^']{1,200})'|([^\s;]{1,200}))/i.exec(
    contentType ?? "",
  );
  return match?.[1] ?? match?.[2] ?? match?.[3];
};

/** A buffer that is refilled from a source. */
class Window {
  bytes: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Adds a chunk; throws where the source has ended. */
  async fill(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done) throw malformed("it ends before its last boundary");
    this.bytes = this.bytes.length === 0 ? value : Buffer.concat([this.bytes, value]);
  }

  take(count: number): Buffer {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }

  /** All up to `end`, which is taken too; bounded. */
  async takeUntil(end: Buffer, what: string): Promise<string> {
    for (;;) {
      const at = this.bytes.indexOf(end);
      if (at >= 0)
        return this.take(at + end.length)
          .subarray(0, at)
          .toString("utf8");
      if (this.bytes.length > MAX_HEADER_BYTES) throw malformed(`${what} too long`);
      await this.fill();
    }
  }

  /** Reads on to the end of the source, so that its connection can be used again. */
  async drain(): Promise<void> {
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next());
  }
}

const readHeaders = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );

/** Bytes up to the delimiter, which is taken too. What may be its beginning is held back. */
async function* readUntil(window: Window, delimiter: Buffer): AsyncGenerator<Buffer> {
  for (;;) {
    const at = window.bytes.indexOf(delimiter);
    if (at > 0) yield window.take(at);
    if (at >= 0) {
      window.take(delimiter.length);
      return;
    }
    const safe = window.bytes.length - delimiter.length + 1;
    if (safe > 0) yield window.take(safe);
    await window.fill();
  }
}

/** Breaks lines as the first boundary's line does: gcloud writes bare line feeds, against the RFC. */
const readLineBreak = async (window: Window): Promise<string> => {
  while (window.bytes.length < 2) await window.fill();
  return window.bytes[0] === "\n".charCodeAt(0) ? "\n" : "\r\n";
};

/** True after the last boundary, which ends in two dashes. */
const isLastBoundary = async (window: Window): Promise<boolean> => {
  while (window.bytes.length < 2) await window.fill();
  return window.bytes.subarray(0, 2).toString() === "--";
};

const readPartHeaders = async (window: Window, lineBreak: string): Promise<Record<string, string>> => {
  const rest = await window.takeUntil(Buffer.from(lineBreak), "boundary");
  if (rest.trim() !== "") throw malformed("something follows a boundary");
  while (window.bytes.length < lineBreak.length) await window.fill();
  // A part without headers has an empty line only.
  const bare = window.bytes.subarray(0, lineBreak.length).toString() === lineBreak;
  if (!bare) return readHeaders(await window.takeUntil(Buffer.from(lineBreak + lineBreak), "headers"));
  window.take(lineBreak.length);
  return {};
};

/** Parts in their order. Throws 400 for what is no multipart body with this boundary. */
export async function* readParts(source: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<BodyPart> {
  const window = new Window(source);
  const preamble = await window.takeUntil(Buffer.from(`--${boundary}`), "preamble");
  if (preamble.trim() !== "") throw malformed("it does not start with its boundary");
  const lineBreak = await readLineBreak(window);
  const delimiter = Buffer.from(`${lineBreak}--${boundary}`);
  while (!(await isLastBoundary(window))) {
    const headers = await readPartHeaders(window, lineBreak);
    const body = readUntil(window, delimiter);
    yield { headers, body };
    for await (const _ of body);
  }
  await window.drain();
}
