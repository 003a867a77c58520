// Sends requests to Google's APIs: authentication, deadlines, retries by the table of retry.ts, translation of errors.
import { Readable } from "node:stream";
import type { Environment } from "@slipway/config";
import { abortedBy, DeployError } from "../deploy-error.ts";
import type { Runtime } from "../types.ts";
import { apiBase } from "./addresses.ts";
import { type Answer, type Attempt, attemptOnce, BodyTooLargeError, bodyLimitBytes, readBounded } from "./attempt.ts";
import { type Credentials, credentialsFor } from "./credentials.ts";
import { parseRefusal, translateRefusal } from "./errors.ts";
import { createHttpAgent } from "./http-agent.ts";
import { type Failure, failureOf, parseRetryAfter, retryDelayMs, timeouts } from "./retry.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export type TransportOptions = {
  readonly environment: Pick<Environment, "name" | "endpoint" | "region">;
  /** Ends every request that names no signal of its own. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly credentials?: Credentials;
  /** No byte in either direction for this long ends an attempt. Default: that of retry.ts. */
  readonly stallMs?: number;
};

type Send = (request: TransportRequest, signal: AbortSignal, remainingMs: number) => Promise<Attempt>;
type Reading = { readonly sender: Sender; readonly reads: number };
type Sender = TransportOptions & { readonly send: Send; readonly invalidate: () => void };

export function createTransport(options: TransportOptions): Transport {
  const { environment } = options;
  const credentials = options.credentials ?? credentialsFor(environment);
  const agent = createHttpAgent();
  const base: Transport["base"] = (api) => apiBase(environment, api);
  const send: Send = async (request, signal, remainingMs) => {
    const url = addressOf(request, base(request.api));
    const headers = await authorization(credentials);
    const { stallMs = timeouts.stallMs } = options;
    return attemptOnce({ request, url, headers, agent, signal, remainingMs, stallMs });
  };
  const sender: Sender = { ...options, send, invalidate: () => credentials.invalidate() };
  return {
    base,
    request: (request) => requestWithRetries(request, sender),
    token: () => credentials.token(),
    identityToken: (audience) => credentials.identityToken(audience),
    close: () => agent.close(),
  };
}

async function authorization(credentials: Credentials): Promise<Readonly<Record<string, string>>> {
  const [token, quotaProject] = await Promise.all([credentials.token(), credentials.quotaProject()]);
  return {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(quotaProject && { "x-goog-user-project": quotaProject }),
  };
}

/** An absolute address is taken on the API's own host only: the caller's token goes with it. */
function addressOf({ path, subject }: TransportRequest, base: string): URL {
  const url = new URL(path, base);
  if (url.origin === new URL(base).origin) return url;
  throw new DeployError("remote-failed", {
    subject,
    message: `the answer named an address on another host: ${url.host}`,
  });
}

/** @param reads how often the answer's body has been asked for, this time included. */
async function requestWithRetries(request: TransportRequest, sender: Sender, reads = 1): Promise<TransportResponse> {
  const signal = request.signal ?? sender.signal;
  try {
    const { outcome, attempts } = await attemptUntilDone(request, sender, signal);
    return conclude(request, outcome, attempts, { sender, reads });
  } catch (error) {
    if (signal.aborted) throw abortedBy(signal, request.subject);
    if (error instanceof DeployError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new DeployError("remote-failed", { subject: request.subject, message, cause: error });
  }
}

async function attemptUntilDone(
  request: TransportRequest,
  { runtime, send, invalidate }: Sender,
  signal: AbortSignal,
): Promise<{ readonly outcome: Attempt; readonly attempts: number }> {
  const deadlineAt = runtime.now().getTime() + (request.deadlineMs ?? timeouts.deadlineMs);
  const remainingMs = (): number => deadlineAt - runtime.now().getTime();
  for (let attempts = 1, renewed = false; ; attempts += 1) {
    signal.throwIfAborted();
    const outcome = await send(request, signal, remainingMs());
    if (!renewed && isUnauthorized(outcome, request)) {
      // A token can be refused before it expires: once, a fresh one is tried.
      renewed = true;
      invalidate();
      continue;
    }
    const delayMs = retryDelay({ outcome, attempts, request, remainingMs: remainingMs(), runtime });
    if (delayMs === undefined) return { outcome, attempts };
    await runtime.sleep(delayMs, signal);
  }
}

const isUnauthorized = ({ answer }: Attempt, { expect }: TransportRequest): boolean =>
  answer?.status === 401 && !expect?.includes(401);

const failureIn = ({ answer, failure }: Attempt, { expect }: TransportRequest): Failure | undefined =>
  answer ? (expect?.includes(answer.status) ? undefined : failureOf(answer.status)) : failure;

/** undefined: the outcome stands. */
function retryDelay(given: {
  readonly outcome: Attempt;
  readonly attempts: number;
  readonly request: TransportRequest;
  readonly remainingMs: number;
  readonly runtime: Runtime;
}): number | undefined {
  const { attempts: attempt, outcome, request, remainingMs, runtime } = given;
  const failure = failureIn(outcome, request);
  if (failure === undefined) return undefined;
  const retryAfter = outcome.answer && header(outcome.answer, "retry-after");
  return retryDelayMs({
    failure,
    attempt,
    idempotent: isIdempotent(request),
    remainingMs,
    retryAfterMs: parseRetryAfter(retryAfter, runtime.now()),
    random: runtime.random(),
  });
}

const precondition = /[?&]if(?:Source)?(?:Meta)?[gG]eneration(?:Not)?Match=/;
function isIdempotent({ idempotent, method, path, headers }: TransportRequest): boolean {
  if (idempotent !== undefined) return idempotent;
  return (method !== "POST" && method !== "PATCH") || precondition.test(path) || headers?.["if-match"] !== undefined;
}

/** An answer for the caller, or the error that it stands for. */
function conclude(request: TransportRequest, outcome: Attempt, attempts: number, reading: Reading): TransportResponse {
  if (!outcome.answer) throw connectionError(request.subject, outcome.failure, attempts, outcome.cause);
  const { answer } = outcome;
  if (answer.status >= 300 && answer.status < 400 && !request.expect?.includes(answer.status))
    throw redirected(request, answer);
  if (answer.status >= 400 && !request.expect?.includes(answer.status)) {
    const refusal = parseRefusal(answer.status, Buffer.from(answer.read ?? []).toString("utf8"));
    throw translateRefusal(refusal, request.subject);
  }
  return responseOf(request, answer, attempts, reading);
}

/** Never followed: the caller's token would go along. Nor taken for done: a sign-in page answers so to everything. */
function redirected({ subject }: TransportRequest, answer: Answer): DeployError {
  const location = header(answer, "location") ?? "";
  const where = URL.canParse(location) ? ` to ${new URL(location).host}` : "";
  return new DeployError("remote-failed", {
    subject,
    message: `the answer is a redirect${where} (HTTP ${answer.status}), which none of Google's APIs gives`,
    hint: "is the endpoint right, and nothing between here and it that answers by itself?",
  });
}

const connectionMessages = {
  throttled: "was throttled",
  "server-error": "answered with an error",
  unreachable: "could not be reached",
  reset: "broke the connection",
  stalled: "did not answer in time",
} as const satisfies Record<Failure, string>;

const connectionError = (subject: string, failure: Failure, attempts: number, cause: unknown): DeployError =>
  new DeployError(failure === "stalled" ? "timeout" : "unavailable", {
    subject,
    message: `the server ${connectionMessages[failure]} (${attempts} ${attempts === 1 ? "attempt" : "attempts"})`,
    details: cause instanceof Error && cause.message ? [cause.message] : [],
    retryable: true,
    cause,
  });

function responseOf(
  request: TransportRequest,
  { status, headers, body, read }: Answer,
  attempts: number,
  { sender, reads }: Reading,
): TransportResponse {
  const bytes = async (): Promise<Uint8Array> => {
    if (read) return read;
    try {
      return await readBounded(body, bodyLimitBytes);
    } catch (cause) {
      const { subject } = request;
      if (cause instanceof BodyTooLargeError)
        throw new DeployError("remote-failed", { subject, message: cause.message, cause });
      if (!isIdempotent(request) || reads >= readLimit) throw connectionError(subject, "reset", attempts, cause);
      // The answer broke off on its way, and asking again does no harm.
      const again = await requestWithRetries(request, sender, reads + 1);
      return again.bytes();
    }
  };
  return {
    status,
    headers,
    bytes,
    json: async <Value>() => parseJson<Value>(await bytes(), request.subject),
    get stream() {
      return read ? Readable.from([read]) : body;
    },
    discard: async () => {
      if (!read) await body.dump();
    },
    attempts,
  };
}
const readLimit = 3;

function parseJson<Value>(bytes: Uint8Array, subject: string): Value {
  const refusal = (message: string, cause?: unknown): DeployError =>
    new DeployError("remote-failed", { subject, message, cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw refusal("the answer is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refusal("the answer is no JSON object");
  return value as Value;
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
