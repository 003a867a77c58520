/** One thing wrong with the configuration: where (`services.api.scaling.min`) and what. */
export type ConfigIssue = { readonly path: string; readonly message: string };

export type ConfigErrorCode = "invalid-stack" | "unknown-environment" | "unknown-unit";

/** Bad configuration. Refused whole: `issues` lists every problem found, not only the first. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly retryable = false;
  readonly code: ConfigErrorCode;
  readonly subject: string;
  readonly hint: string;
  readonly issues: readonly ConfigIssue[];

  constructor(code: ConfigErrorCode, subject: string, hint: string, issues: readonly ConfigIssue[]) {
    super(issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("\n"));
    this.code = code;
    this.subject = subject;
    this.hint = hint;
    this.issues = issues;
  }
}
