/** What a service or one of its parts says of itself. `unknown` is never good: it is an answer that cannot be read. */
export type Status = "pass" | "warn" | "fail" | "unknown";

/** How the answer was read; by shape, not by content type. */
export type HealthFormat =
  | "draft"
  | "actuator"
  | "aspnet"
  | "microprofile"
  | "django"
  | "kubernetes"
  | "terminus"
  | "under-pressure"
  | "generic"
  | "text"
  | "html"
  | "empty"
  | "unreadable";

/** Why a report's status differs from what its body says, or what else is odd about it. */
export type HealthWarning =
  | "http-overrides-body"
  /** "pass" although a check failed that is critical or may be. */
  | "critical-check-failed"
  | "unknown-status"
  | "checks-truncated"
  | "revision-mismatch";

export type HealthCheck = {
  /** Unique within its report, at most 120 characters. */
  readonly name: string;
  readonly status: Status;
  /** Absent where the format cannot say: then nothing may be assumed. */
  readonly critical?: boolean;
  readonly latencyMs?: number;
  /** One line of at most 300 characters; credentials in URLs are removed. */
  readonly message?: string;
  /** ISO 8601, as the service wrote it. */
  readonly observedAt?: string;
};

export type ProbeTiming = {
  /** From the call to the last byte of the body. */
  readonly totalMs: number;
  /** DNS, TCP and TLS; only of a connection made for this probe. */
  readonly connectMs?: number;
  /** From the request being sent to the first byte of the answer. */
  readonly ttfbMs?: number;
  /** A warm connection: compare latencies of warm probes only. */
  readonly reused?: boolean;
};

/** What a body and its HTTP status say, before anything is known of the network. */
export type ParsedHealth = {
  readonly status: Status;
  readonly format: HealthFormat;
  readonly httpStatus: number;
  readonly service?: string;
  readonly version?: string;
  readonly release?: string;
  readonly revision?: string;
  readonly commit?: string;
  readonly checks: readonly HealthCheck[];
  readonly warnings: readonly HealthWarning[];
};

export type HealthReport = ParsedHealth & {
  readonly timing: ProbeTiming;
  /** The server's clock minus ours, to half a second and the latency; from the `Date` header. */
  readonly skewMs?: number;
  /** What `Retry-After` asked for. */
  readonly retryAfterMs?: number;
};

/**
 * Why there is no report. A browser tells DNS, refused, TLS and reset apart from nothing: there they are all
 * `unreachable`; `cors` means that something answered which the page may not read, a CORS setting or a platform's error.
 */
export type ProbeError =
  | "offline"
  | "dns"
  | "refused"
  | "tls"
  | "timeout"
  | "reset"
  | "unreachable"
  | "cors"
  | "aborted"
  | "too-large"
  | "invalid";

/** A probe never throws: an unreachable service is an expected outcome. */
export type ProbeResult =
  | { readonly kind: "report"; readonly report: HealthReport }
  | {
      readonly kind: "error";
      readonly error: ProbeError;
      /** The cause's own code where it has one: `ECONNREFUSED`. */
      readonly code?: string;
      readonly totalMs: number;
    };
