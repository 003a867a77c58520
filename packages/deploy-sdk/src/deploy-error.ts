/** What went wrong, as data: nothing is decided by a message's text. */
export type DeployErrorCode =
  | "usage"
  | "credentials-missing"
  | "permission-denied"
  | "not-found"
  | "already-exists"
  | "precondition-failed"
  | "conflict"
  | "rate-limited"
  | "quota-exceeded"
  | "unavailable"
  | "timeout"
  | "aborted"
  | "invalid-request"
  | "unimplemented"
  | "image-not-found"
  | "image-build-failed"
  | "dist-missing"
  | "site-unsafe"
  | "too-many-deletes"
  | "migration-failed"
  | "not-ready"
  | "unhealthy"
  | "secret-missing"
  | "locked"
  | "dirty-tree"
  | "not-provisioned"
  | "no-earlier-release"
  | "corrupt-state"
  | "remote-failed";

/** 0 done, 1 a bug of ours, 2 usage or configuration, 3 remote refused or failed, 4 applied but unhealthy, 5 locked, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

const exitCodes: Partial<Record<DeployErrorCode, ExitCode>> = {
  usage: 2,
  "credentials-missing": 2,
  "image-build-failed": 2,
  "dist-missing": 2,
  "site-unsafe": 2,
  "too-many-deletes": 2,
  "secret-missing": 2,
  "dirty-tree": 2,
  "not-provisioned": 2,
  unhealthy: 4,
  locked: 5,
  aborted: 130,
};

export type DeployErrorOptions = {
  /** What it is about: `service "api" in staging`. */
  readonly subject: string;
  /** What happened, in a few words. */
  readonly message: string;
  /** What to do about it: a command where there is one. */
  readonly hint?: string;
  readonly retryable?: boolean;
  /** Further lines for a person, such as the last log lines of a container. */
  readonly details?: readonly string[];
  /** What was changed has been put back as it was. */
  readonly rolledBack?: boolean;
  readonly cause?: unknown;
};

/** An unexpected outcome of a deploy. Messages never hold a secret or a URL's credentials. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly code: DeployErrorCode;
  readonly subject: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: readonly string[];
  readonly rolledBack: boolean;

  constructor(
    code: DeployErrorCode,
    { subject, message, hint, retryable = false, details = [], rolledBack = false, cause }: DeployErrorOptions,
  ) {
    super(message, { cause });
    this.code = code;
    this.subject = subject;
    this.hint = hint;
    this.retryable = retryable;
    this.details = details;
    this.rolledBack = rolledBack;
  }

  get exitCode(): ExitCode {
    return exitCodes[this.code] ?? 3;
  }
}

/** The error that ends what `signal` has aborted: its own reason where that says why, else an interruption. */
export const abortedBy = (signal: AbortSignal, subject: string): DeployError =>
  signal.reason instanceof DeployError
    ? signal.reason
    : new DeployError("aborted", { subject, message: "interrupted", cause: signal.reason });
