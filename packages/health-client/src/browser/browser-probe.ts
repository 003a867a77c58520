import { buildReport, requestHeaders } from "../build-report.ts";
import type { ProbeError, ProbeResult, ProbeTiming } from "../types.ts";

export type BrowserProbeOptions = {
  /** For one probe. Default 5000. */
  readonly timeoutMs?: number;
  /** A larger body is `too-large`. Default 256 KiB. */
  readonly maxBytes?: number;
};

/** The answer's headers could be read, its body could not. */
class BodyError extends Error {
  readonly error: "too-large" | "reset";
  constructor(error: "too-large" | "reset") {
    super(error);
    this.error = error;
  }
}

const readBounded = async (response: Response, maxBytes: number): Promise<string> => {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read().catch(() => {
      throw new BodyError("reset");
    });
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      reader.cancel().catch(() => undefined);
      throw new BodyError("too-large");
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
};

/** The browser's own times, where `Timing-Allow-Origin` lets the page see them (Resource Timing). */
const readTiming = (url: string, startedAt: number, endedAt: number): ProbeTiming => {
  const entries = performance.getEntriesByName(url, "resource") as PerformanceResourceTiming[];
  const entry = entries.findLast((candidate) => candidate.startTime >= startedAt - 1);
  const totalMs = endedAt - startedAt;
  if (!entry || entry.requestStart === 0) return { totalMs };
  const ttfbMs = entry.responseStart - entry.requestStart;
  if (entry.connectEnd === entry.connectStart) return { totalMs, ttfbMs, reused: true };
  return { totalMs, ttfbMs, reused: false, connectMs: entry.connectEnd - entry.domainLookupStart };
};

/**
 * A probe of one absolute URL. Never throws. CORS, DNS, refused and TLS are one `TypeError` in a browser: a second,
 * `no-cors` request that succeeds tells that something answered which the page may not read.
 */
export const createBrowserProbe = (url: string, options: BrowserProbeOptions = {}) => {
  const { timeoutMs = 5_000, maxBytes = 256 * 1024 } = options;
  const init = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" } as const;

  const probeOnce = async (signal: AbortSignal): Promise<ProbeResult> => {
    const startedAt = performance.now();
    const response = await fetch(url, { ...init, headers: requestHeaders, signal });
    const receivedAt = Date.now();
    const body = await readBounded(response, maxBytes);
    const header = (name: string) => response.headers.get(name) ?? undefined;
    const report = buildReport({
      httpStatus: response.status,
      body,
      contentType: header("content-type"),
      revisionHeader: header("x-revision"),
      dateHeader: header("date"),
      retryAfterHeader: header("retry-after"),
      receivedAt,
      timing: readTiming(url, startedAt, performance.now()),
    });
    return { kind: "report", report };
  };

  const explainFailure = async (signal: AbortSignal): Promise<ProbeError> => {
    // Only its "no" can be trusted, and only once a request has failed: the service may be on this machine.
    if (!navigator.onLine) return "offline";
    const answered = await fetch(url, { ...init, mode: "no-cors", signal }).then(
      () => true,
      () => false,
    );
    if (answered) return "cors";
    return navigator.onLine ? "unreachable" : "offline";
  };

  return async (caller?: AbortSignal): Promise<ProbeResult> => {
    const startedAt = performance.now();
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = caller ? AbortSignal.any([caller, deadline]) : deadline;
    const explain = async (cause: unknown): Promise<ProbeError> => {
      const known = cause instanceof BodyError ? cause.error : undefined;
      // The second request shares the first one's deadline, and is only made before it.
      const explained = known ?? (signal.aborted ? "unreachable" : await explainFailure(signal));
      if (caller?.aborted) return "aborted";
      return deadline.aborted && (explained === "unreachable" || explained === "reset") ? "timeout" : explained;
    };
    return probeOnce(signal).catch(async (cause: unknown) => ({
      kind: "error",
      error: await explain(cause),
      totalMs: performance.now() - startedAt,
    }));
  };
};
