// Where the runtime gets the values of secrets from. Values stay buffers, so that none is printed by accident.

export type SecretVersion = {
  /** The version's number, also when `latest` or an alias was asked for. */
  readonly version: string;
  readonly payload: Buffer;
};

export type SecretSource = {
  /**
   * The payload of an enabled version. `project` is an id or a number, `version` a number, an alias or `latest`.
   * `account` is whose container gets it.
   * Throws GoogleError, as Secret Manager's `AccessSecretVersion` does: NOT_FOUND (no such secret or version),
   * FAILED_PRECONDITION (disabled or destroyed), PERMISSION_DENIED (the account may not, where that counts).
   */
  readonly access: (project: string, secret: string, version: string, account?: string) => SecretVersion;
};
