import type { Secret, Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import type { Call } from "../target.ts";
import { isFernetKey } from "./generate-secret.ts";
import { afterNewVersion, refuseNewVersion } from "./secret-rules.ts";
import type { SecretValue } from "./secret-value.ts";
import { addVersion, createSecret, readVersions, type SecretPlace } from "./secret-versions.ts";

export type SetSecretOptions = {
  readonly stack: Stack;
  readonly target: Pick<GoogleTarget, "google">;
  readonly name: string;
  readonly value: SecretValue;
  /** Give a second value to a secret whose rotation is `never`. */
  readonly force?: boolean;
  readonly signal: AbortSignal;
};

export type SetSecretResult = {
  readonly name: string;
  readonly version: string;
  readonly created: boolean;
  /** What is left to do until it takes effect, by the secret's rotation. */
  readonly next: string;
};

/**
 * Adds a version to a secret of the stack, which is made where it does not exist. Takes effect with the next deploy.
 * @throws {DeployError} `usage` for a name that the stack does not have or a value of the wrong form, `precondition-failed`
 *   where its rotation forbids it.
 */
export async function setSecret(options: SetSecretOptions): Promise<SetSecretResult> {
  const { stack, target, name, value, force = false, signal } = options;
  const secret = declaredSecret(stack, name);
  const call = secretCall(stack, name, signal);
  requireFormat(secret, value, call);
  const place: SecretPlace = { project: stack.environment.project, target };
  const versions = await readVersions(place, name, call);
  const alive = (versions ?? []).filter(({ state }) => state !== "DESTROYED").length;
  const refusal = refuseNewVersion(secret, alive, force);
  if (refusal) throw new DeployError("precondition-failed", { subject: call.subject, ...refusal });
  const created = versions === undefined && (await createSecret(place, name, call));
  return { name, version: await addVersion(place, name, value, call), created, next: afterNewVersion[secret.rotation] };
}

export const secretCall = ({ environment }: Stack, name: string, signal: AbortSignal): Call => ({
  signal,
  subject: `secret "${name}" in ${environment.name}`,
});

function declaredSecret({ secrets }: Stack, name: string): Secret {
  const secret = secrets.find((one) => one.name === name);
  if (secret) return secret;
  throw new DeployError("usage", {
    subject: `secret "${name}"`,
    message: `the stack has no such secret; it has: ${secrets.map((one) => one.name).join(", ") || "none"}`,
    hint: "declare it under `secrets` in stack.ts",
  });
}

function requireFormat({ name, format }: Secret, value: SecretValue, { subject }: Call): void {
  if (format !== "fernet" || isFernetKey(value)) return;
  throw new DeployError("usage", {
    subject,
    message: "its format is `fernet`: 32 bytes in url-safe base64, 44 characters",
    hint: `head -c32 /dev/urandom | base64 | tr +/ -_ | pnpm secret set ${name}`,
  });
}
