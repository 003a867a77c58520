export type RuntimeErrorCode =
  /** A layer that cannot be trusted or read: escaping paths, a wrong digest, a broken archive. */
  | "layer-invalid"
  /** Past a bound: bytes or entries. */
  | "layer-too-large"
  | "blob-missing"
  /** The image names a user that it does not have. */
  | "user-unknown"
  /** The command is not in the image. */
  | "command-missing"
  /** The sandbox or the process could not be started. */
  | "start-failed";

/** What the runtime could not do. `message` is fit to be shown and never holds values of the environment. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
