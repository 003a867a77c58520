// Errors as people read them: subject, what happened, code, fix. Pure.
import { ConfigError } from "@slipway/config";
import { DeployError } from "@slipway/deploy-sdk";

export type PresentedError = {
  readonly exitCode: number;
  readonly code: string;
  readonly subject: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | undefined;
};

/** Errors of the other packages have the same shape: a closed `code`, a `subject` and a `hint`. */
type Shaped = Error & {
  readonly code: string;
  readonly subject: string;
  readonly hint?: string;
  readonly exitCode?: number;
};
const isShaped = (error: unknown): error is Shaped =>
  error instanceof Error && "code" in error && "subject" in error && typeof error.subject === "string";

/** Every error that reaches the edge, known or not; an unknown one is a bug of ours and says so. */
export function presentError(error: unknown): PresentedError {
  if (error instanceof ConfigError) {
    const message =
      error.issues.length === 1 ? "is not valid: 1 problem" : `is not valid: ${error.issues.length} problems`;
    const details = error.issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    return { exitCode: 2, code: error.code, subject: error.subject, message, details, hint: error.hint };
  }
  if (error instanceof DeployError) {
    const { exitCode, code, subject, message, details, hint } = error;
    return { exitCode, code, subject, message, details, hint };
  }
  if (isShaped(error)) {
    const { code, subject, message, hint, exitCode = 2 } = error;
    return { exitCode, code, subject, message, details: [], hint };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [message = "failed", ...details] = text.split("\n");
  return {
    exitCode: 1,
    code: "internal",
    subject: "slipway",
    message,
    details,
    hint: "this is a bug: please report it with the lines above",
  };
}

/** `error  <subject>: <message>   [<code>]`, then details and the fix. */
export function errorLines({ code, subject, message, details, hint }: PresentedError): readonly string[] {
  return [
    `error  ${subject}: ${message}  [${code}]`,
    ...details.map((line) => `       ${line}`),
    ...(hint ? [`  fix  ${hint}`] : []),
  ];
}
