// Errors as people read them: subject, what happened, code, fix. Pure. By shape and not by class, so that a command that
// needs no SDK does not load it.
import type { ConfigIssue } from "@slipway/config";

export type PresentedError = {
  readonly exitCode: number;
  readonly code: string;
  readonly subject: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | undefined;
};

/** What the errors of all packages have in common: a closed `code`, a `subject` and a `hint`. */
type KnownError = Error & {
  readonly code: string;
  readonly subject: string;
  readonly hint?: string;
  readonly details?: readonly string[];
  readonly exitCode?: number;
  /** Of a ConfigError. */
  readonly issues?: readonly ConfigIssue[];
};

const isKnown = (error: unknown): error is KnownError =>
  error instanceof Error && "code" in error && "subject" in error && typeof error.subject === "string";

const issueLine = ({ path, message }: ConfigIssue): string => (path ? `${path}: ${message}` : message);

/** Every error that reaches the edge, known or not; an unknown one is a bug of ours and says so. */
export function presentError(error: unknown): PresentedError {
  if (isKnown(error)) {
    const { code, subject, message, hint, issues, details = [], exitCode = 2 } = error;
    if (!issues) return { exitCode, code, subject, message, details, hint };
    const counted = `is not valid: ${issues.length} ${issues.length === 1 ? "problem" : "problems"}`;
    return { exitCode, code, subject, message: counted, details: issues.map(issueLine), hint };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [message = "failed", ...details] = text.split("\n");
  const hint = "this is a bug: please report it with the lines above";
  return { exitCode: 1, code: "internal", subject: "slipway", message, details, hint };
}

/** `error  <subject>: <message>  [<code>]`, then details and the fix. */
export function errorLines({ code, subject, message, details, hint }: PresentedError): readonly string[] {
  return [
    `error  ${subject}: ${message}  [${code}]`,
    ...details.map((line) => `       ${line}`),
    ...(hint ? [`  fix  ${hint}`] : []),
  ];
}
