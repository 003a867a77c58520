/**
 * `invalid-option` (a bug of the caller or bad input), `data-dir-locked` (another cloud runs on it), `data-dir-unusable`,
 * `port-in-use`, `cannot-listen` (the address is not this machine's, or not allowed).
 */
export type LocalCloudErrorCode =
  | "invalid-option"
  | "data-dir-locked"
  | "data-dir-unusable"
  | "port-in-use"
  | "cannot-listen";

/** Why the local cloud did not start. `subject` is the folder, port or option; `hint` says what to do. */
export class LocalCloudError extends Error {
  override readonly name = "LocalCloudError";
  readonly code: LocalCloudErrorCode;
  readonly subject: string;
  readonly hint: string;

  constructor(
    code: LocalCloudErrorCode,
    message: string,
    options: { readonly subject: string; readonly hint: string; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.subject = options.subject;
    this.hint = options.hint;
  }
}
