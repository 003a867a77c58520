export type HealthClientErrorCode = "invalid-url" | "invalid-options";

/** A mistake of the caller. What a service does is never one of these: it is a `ProbeResult` or a `GateResult`. */
export class HealthClientError extends Error {
  override readonly name = "HealthClientError";
  readonly code: HealthClientErrorCode;
  readonly subject: string;
  readonly hint: string | undefined;
  readonly retryable = false;

  constructor(code: HealthClientErrorCode, options: { subject: string; message: string; hint?: string }) {
    super(options.message);
    this.code = code;
    this.subject = options.subject;
    this.hint = options.hint;
  }
}
