import { GoogleError } from "../server/google-error.ts";

export type SecretName = { readonly project: string; readonly secret: string };
export type VersionName = SecretName & { readonly version: string };

const idPattern = /^[A-Za-z0-9_-]{1,255}$/;

export const isSecretId = (id: string): boolean => idPattern.test(id);

/** @throws {GoogleError} UNIMPLEMENTED for the names of regional secrets. */
export function refuseRegional(name: string): void {
  if (!/^projects\/[^/]+\/locations\//.test(name)) return;
  throw new GoogleError("UNIMPLEMENTED", "The local cloud does not implement regional secrets.");
}

/** `projects/P/secrets/S[/…]`, where P is an id or a number. */
export function parseSecretName(name: string): SecretName {
  refuseRegional(name);
  const match = /^projects\/([^/]+)\/secrets\/([^/]+)/.exec(name);
  const [, project = "", secret = ""] = match ?? [];
  if (match && isSecretId(secret)) return { project, secret };
  throw new GoogleError("INVALID_ARGUMENT", `Invalid secret name "${name.slice(0, 300)}".`);
}

/** `projects/P/secrets/S/versions/V`, where V is a number, an alias or `latest`. */
export function parseVersionName(name: string): VersionName {
  const version = /\/versions\/([A-Za-z0-9_-]{1,63})$/.exec(name)?.[1];
  if (version !== undefined) return { ...parseSecretName(name), version };
  throw new GoogleError("INVALID_ARGUMENT", `Invalid secret version name "${name.slice(0, 300)}".`);
}
