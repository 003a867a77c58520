import { performance } from "node:perf_hooks";
import { type Dispatcher, request } from "undici";
import { buildReport, requestHeaders } from "../build-report.ts";
import { HealthClientError } from "../health-client-error.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { ProbeError, ProbeResult, ProbeTiming } from "../types.ts";
import { classifyError } from "./classify-error.ts";
import { createTimedAgent, type RequestTimes, type TimedAgent } from "./timed-agent.ts";

export type HealthClientOptions = {
  /** For one probe: connecting, headers and body together. Default 5000. */
  readonly timeoutMs?: number;
  /** A larger body is `too-large`. Default 256 KiB. */
  readonly maxBytes?: number;
  /** Sent with every probe, such as `authorization` for a service that is not public. */
  readonly headers?: Readonly<Record<string, string>>;
};

export type HealthClient = {
  /** Never throws but for a URL that is not http(s). Redirects are not followed: a health endpoint has none. */
  readonly probe: (url: string | URL, signal?: AbortSignal) => Promise<ProbeResult>;
  /** Closes the connections. */
  readonly close: () => Promise<void>;
};

type Attempt = ProbeResult & { readonly staleConnection?: boolean };

class BodyTooLarge extends Error {}

const parseUrl = (url: string | URL): URL => {
  const parsed = URL.parse(String(url));
  if (parsed && (parsed.protocol === "http:" || parsed.protocol === "https:")) return parsed;
  throw new HealthClientError("invalid-url", {
    subject: "health URL",
    message: "not an http or https URL",
    hint: "give the service's URL with its path, https://…/api/health",
  });
};

const readBounded = async (body: Dispatcher.ResponseData["body"], maxBytes: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const header = (headers: Dispatcher.ResponseData["headers"], name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const timingOf = (times: RequestTimes, startedAt: number, endedAt: number): ProbeTiming => ({
  totalMs: endedAt - startedAt,
  reused: times.connectMs === undefined,
  ...omitUndefined({
    connectMs: times.connectMs,
    ttfbMs:
      times.firstByteAt !== undefined && times.sentAt !== undefined ? times.firstByteAt - times.sentAt : undefined,
  }),
});

/** Settles when `signal` aborts, even while undici still waits for a connection and cannot be aborted. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", onAbort));
};

type Settings = Required<HealthClientOptions> & { readonly agent: TimedAgent };

const describeError = (cause: unknown, caller: AbortSignal | undefined, deadline: AbortSignal) => {
  if (caller?.aborted) return { error: "aborted" } as const;
  if (deadline.aborted) return { error: "timeout" } as const;
  return cause instanceof BodyTooLarge ? ({ error: "too-large" } as const) : classifyError(cause);
};

const attempt = async (url: URL, settings: Settings, caller?: AbortSignal): Promise<Attempt> => {
  const startedAt = performance.now();
  const deadline = AbortSignal.timeout(settings.timeoutMs);
  const signal = caller ? AbortSignal.any([caller, deadline]) : deadline;
  const times: RequestTimes = {};
  const exchange = async () => {
    const answer = await request(url, {
      dispatcher: settings.agent.timing(times),
      headers: { ...requestHeaders, "user-agent": "slipway-health/1", ...settings.headers },
      signal,
    });
    const receivedAt = Date.now();
    return { ...answer, receivedAt, text: await readBounded(answer.body, settings.maxBytes) };
  };
  try {
    const { statusCode, headers, text, receivedAt } = await untilAborted(exchange(), signal);
    const report = buildReport({
      httpStatus: statusCode,
      body: text,
      contentType: header(headers, "content-type"),
      revisionHeader: header(headers, "x-revision"),
      dateHeader: header(headers, "date"),
      retryAfterHeader: header(headers, "retry-after"),
      receivedAt,
      timing: timingOf(times, startedAt, performance.now()),
    });
    return { kind: "report", report };
  } catch (cause) {
    const described: { error: ProbeError; code?: string } = describeError(cause, caller, deadline);
    const isStale = described.error === "reset" && times.connectMs === undefined && times.sentAt !== undefined;
    const staleConnection = isStale && times.firstByteAt === undefined;
    return { kind: "error", ...described, totalMs: performance.now() - startedAt, staleConnection };
  }
};

const withoutMark = ({ staleConnection: _, ...result }: Attempt): ProbeResult => result;

/** A client for repeated probes: it keeps one warm connection per origin. Close it. */
export const createHealthClient = (options: HealthClientOptions = {}): HealthClient => {
  const { timeoutMs = 5_000, maxBytes = 256 * 1024, headers = {} } = options;
  if (!(timeoutMs > 0) || !(maxBytes > 0))
    throw new HealthClientError("invalid-options", {
      subject: "health client",
      message: "timeoutMs and maxBytes must be positive",
    });
  const agent = createTimedAgent(timeoutMs, () => performance.now());
  const settings: Settings = { timeoutMs, maxBytes, headers, agent };
  const probe = async (url: string | URL, signal?: AbortSignal): Promise<ProbeResult> => {
    const parsed = parseUrl(url);
    const first = await attempt(parsed, settings, signal);
    // A server may close an idle connection just as we use it (RFC 9112, 9.3.1): that is not the service's health.
    return withoutMark(first.staleConnection ? await attempt(parsed, settings, signal) : first);
  };
  return { probe, close: () => agent.dispatcher.destroy() };
};

/** One probe on a connection of its own. */
export const probeHealth = async (
  url: string | URL,
  options: HealthClientOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<ProbeResult> => {
  const client = createHealthClient(options);
  try {
    return await client.probe(url, options.signal);
  } finally {
    await client.close();
  }
};
