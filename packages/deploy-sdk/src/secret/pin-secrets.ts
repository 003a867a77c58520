// Which version of each secret a deploy uses: a number, found when it is planned. "latest" would be resolved whenever an
// instance starts, so that one revision could hold mixed values.
import type { Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { SecretPin, Target } from "../target.ts";
import { secretCall } from "./set-secret.ts";

/**
 * The newest enabled version of each named secret, by name. Optional secrets without one are left out.
 * @throws {DeployError} `secret-missing`, which lists every one that lacks a value.
 */
export async function pinSecrets(
  names: readonly string[],
  {
    stack,
    target,
    signal,
  }: { readonly stack: Stack; readonly target: Pick<Target, "secrets">; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, SecretPin>>> {
  const found = await Promise.all(
    names.map(async (secret) => {
      const version = await target.secrets.newestVersion(secret, secretCall(stack, secret, signal));
      return { secret, version };
    }),
  );
  const optional = new Set(stack.secrets.filter((secret) => secret.optional).map(({ name }) => name));
  const missing = found.filter(({ secret, version }) => version === undefined && !optional.has(secret));
  if (missing.length > 0)
    throw secretsMissing(
      stack,
      missing.map(({ secret }) => secret),
    );
  return Object.fromEntries(
    found.flatMap(({ secret, version }) => (version === undefined ? [] : [[secret, { secret, version }]])),
  );
}

export const secretCommand = (name: string, environment: string): string =>
  `pnpm secret set ${name} --env ${environment}`;

const secretsMissing = ({ environment }: Stack, names: readonly string[]): DeployError =>
  new DeployError("secret-missing", {
    subject: names.length === 1 ? `secret "${names[0]}" in ${environment.name}` : `secrets in ${environment.name}`,
    message: `no value: ${names.join(", ")}`,
    hint: `pnpm provision --env ${environment.name} makes those that are generated; the others: ${secretCommand(names[0] ?? "", environment.name)}`,
  });
