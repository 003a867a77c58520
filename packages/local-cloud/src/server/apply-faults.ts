// What a fault does to an exchange. The handler in between never knows of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, renderError } from "./answer.ts";
import type { HttpFault } from "./fault-rule.ts";
import { GoogleError } from "./google-error.ts";
import { readJson } from "./read-json.ts";
import { discardResponse, sendBroken, sendResponse } from "./send-response.ts";
import type { CloudRequest, CloudResponse, CloudService, GoogleStatus } from "./types.ts";

/** The client sees ECONNRESET, not an orderly end. */
const reset = (message: IncomingMessage): void => {
  message.socket.resetAndDestroy();
};

const statusNames: Readonly<Record<number, GoogleStatus>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ABORTED",
  412: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const statusResponse = (
  fault: Extract<HttpFault, { kind: "status" }>,
  service: CloudService | undefined,
): CloudResponse => {
  const status = statusNames[fault.status] ?? (fault.status < 500 ? "INVALID_ARGUMENT" : "UNAVAILABLE");
  const error = new GoogleError(status, fault.message ?? "Injected fault.", { code: fault.status });
  const response = renderError(service, error);
  if (fault.retryAfterSeconds === undefined) return response;
  return { ...response, headers: { ...response.headers, "retry-after": String(fault.retryAfterSeconds) } };
};

async function* cutOff(message: IncomingMessage, afterBytes: number): AsyncGenerator<Buffer> {
  let left = afterBytes;
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (chunk.length >= left) {
      yield chunk.subarray(0, left);
      break;
    }
    left -= chunk.length;
    yield chunk;
  }
  throw new GoogleError("UNAVAILABLE", "Injected fault: the request was cut off.");
}

const withBrokenBody = (request: CloudRequest, message: IncomingMessage, afterBytes: number): CloudRequest => {
  const body = Readable.from(cutOff(message, afterBytes), { objectMode: false });
  return { ...request, body, json: () => readJson(body) };
};

/** Resolves when the client has gone, or the cloud stops. */
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

export type Exchange = {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: CloudRequest;
};

/** Brings about what happens before the handler. Undefined: the handler is not to be called. */
export const beforeHandler = async (
  faults: readonly HttpFault[],
  { message, response, request }: Exchange,
  service: CloudService | undefined,
): Promise<CloudRequest | undefined> => {
  let faulted = request;
  for (const fault of faults) {
    if (fault.kind === "latency") await delay(fault.delayMs, undefined, { signal: request.signal });
    if (fault.kind === "break-request") faulted = withBrokenBody(request, message, fault.afterBytes);
    if (fault.kind === "status") {
      await sendResponse(response, statusResponse(fault, service));
      return undefined;
    }
    if (fault.kind === "stall") await untilAborted(request.signal);
    if (fault.kind === "stall" || fault.kind === "reset-before") {
      reset(message);
      return undefined;
    }
  }
  return faulted;
};

/** Sends the answer, or does to it what a fault demands. */
export const afterHandler = async (
  faults: readonly HttpFault[],
  { message, response }: Exchange,
  answer: Answer,
): Promise<void> => {
  const broken = faults.find((fault) => fault.kind === "break-response");
  if (broken !== undefined) return await sendBroken(response, answer.response, broken.afterBytes);
  const cut = faults.some(({ kind }) => kind === "break-request") && answer.response.status >= 400;
  if (cut || faults.some(({ kind }) => kind === "reset-after")) {
    discardResponse(answer.response);
    return reset(message);
  }
  await sendResponse(response, answer.response);
};
