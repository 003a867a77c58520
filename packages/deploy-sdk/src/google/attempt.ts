// One attempt of a request: sent, watched for progress, and either answered or failed in a way that retry.ts knows.
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { HttpAgent } from "./http-agent.ts";
import type { Failure } from "./retry.ts";
import type { TransportRequest } from "./transport.ts";

export type Answer = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Dispatcher.ResponseData["body"];
  /** Read already, where it is small. */
  readonly read: Uint8Array | undefined;
};

export type Attempt =
  | { readonly answer: Answer; readonly failure?: undefined }
  | { readonly answer?: undefined; readonly failure: Failure; readonly cause: unknown };

export type AttemptInput = {
  readonly request: TransportRequest;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: HttpAgent;
  readonly signal: AbortSignal;
  /** What is left of the request's deadline. */
  readonly remainingMs: number;
  readonly stallMs: number;
};

/** Answers up to this size, and every refusal and redirect, are read at once: a caller who only wants the status holds no connection. */
const eagerBytes = 64 * 1024;

/** @throws the signal's reason, and whatever the request's own body failed with. */
export async function attemptOnce(input: AttemptInput): Promise<Attempt> {
  const watch = watchProgress(input.signal, input);
  const source: BodySource = { error: undefined };
  try {
    const response = await input.agent.request({
      origin: input.url.origin,
      path: `${input.url.pathname}${input.url.search}`,
      method: input.request.method,
      headers: headersOf(input),
      body: bodyOf(input.request, watch.progress, source),
      signal: watch.signal,
    });
    const { statusCode: status, headers, body } = response;
    const eager = status >= 300 || Number(headers["content-length"] ?? Number.POSITIVE_INFINITY) <= eagerBytes;
    const read = eager
      ? await readBounded(body, status >= 300 ? eagerBytes : bodyLimitBytes, watch.progress)
      : undefined;
    return { answer: { status, headers, body, read } };
  } catch (error) {
    input.signal.throwIfAborted();
    if (source.error !== undefined) throw source.error;
    const failure = error instanceof StallError ? "stalled" : failureOfSocket(error);
    if (failure === undefined) throw error;
    return { failure, cause: error };
  } finally {
    watch.end();
  }
}

const headersOf = ({ headers, request }: AttemptInput): Record<string, string> => ({
  "user-agent": "slipway",
  ...headers,
  ...(request.json !== undefined && { "content-type": "application/json" }),
  ...request.headers,
});

class StallError extends Error {
  override readonly name = "StallError";
}

/** A signal that fires when the caller's does, when nothing has moved for too long, or when the deadline is reached. */
function watchProgress(
  signal: AbortSignal,
  { remainingMs, stallMs }: Pick<AttemptInput, "remainingMs" | "stallMs">,
): { readonly signal: AbortSignal; readonly progress: () => void; readonly end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const stall = (): void => controller.abort(new StallError("no byte was sent or received for too long"));
  const stalled = setTimeout(stall, stallMs);
  const late = setTimeout(stall, Math.max(0, remainingMs));
  return {
    signal: controller.signal,
    progress: () => stalled.refresh(),
    end: () => {
      clearTimeout(stalled);
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
    },
  };
}

type BodySource = { error: unknown };
/** Small buffers go out in one write; larger ones in pieces, so that progress is seen. */
const pieceBytes = 256 * 1024;

function bodyOf(
  request: TransportRequest,
  progress: () => void,
  source: BodySource,
): string | Uint8Array | Readable | null {
  if (request.json !== undefined) return JSON.stringify(request.json);
  const body = typeof request.body === "function" ? request.body() : request.body;
  if (body === undefined) return null;
  if (body instanceof Uint8Array && body.byteLength <= pieceBytes) return body;
  return Readable.from(pieces(body, progress, source), { objectMode: false });
}

async function* pieces(
  body: Uint8Array | Readable,
  progress: () => void,
  source: BodySource,
): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let start = 0; start < body.byteLength; start += pieceBytes) {
      progress();
      yield body.subarray(start, start + pieceBytes);
    }
    return;
  }
  try {
    for await (const piece of body) {
      progress();
      yield piece;
    }
  } catch (error) {
    source.error = error;
    throw error;
  }
}

export const bodyLimitBytes = 64 * 1024 * 1024;

export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** The whole body, never more than `limit` bytes of it. */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  progress: () => void = () => {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    progress();
    size += part.byteLength;
    if (size > limit) throw new BodyTooLargeError(`the answer is larger than ${limit} bytes`);
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const reset = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "UND_ERR_SOCKET",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "UND_ERR_ABORTED",
]);

/** undefined: no fault of the connection, such as a certificate that is not trusted. */
export function failureOfSocket(error: unknown): Failure | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (unreachable.has(code)) return "unreachable";
  if (reset.has(code) || code.startsWith("HPE_")) return "reset";
  return code === "UND_ERR_BODY_TIMEOUT" || code === "ETIMEDOUT" ? "stalled" : undefined;
}
