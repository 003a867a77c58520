// The first value of a secret, once, also where two runs or a lost answer would give it two.
import type { DeployError } from "../deploy-error.ts";
import type { SecretValue } from "../secret/secret-value.ts";
import { addVersion } from "../secret/secret-versions.ts";
import type { Performing } from "./apply-provision.ts";
import { pollUntil, retryWhile } from "./polling.ts";
import { secretId } from "./provision-types.ts";

/** How long the other of two runs at once may take from making a secret to giving it a value. */
const otherRunMs = 60_000;

/**
 * The first value of a secret that had none when the plan was made. Two runs at once must not give it one each: the one that
 * made the secret does, the other waits for it.
 */
export async function addFirstVersion(
  { name, existed }: { readonly name: string; readonly existed: boolean },
  { target, secrets, call, runtime, made }: Performing,
  make: () => Promise<SecretValue>,
): Promise<boolean> {
  const has = async (): Promise<boolean> => (await target.secrets.newestVersion(name, call)) !== undefined;
  const others = !existed && !made.has(secretId(name));
  if (others) await pollUntil(has, { deadlineMs: otherRunMs }, runtime, call);
  if (others || (await has())) return false;
  const value = await make();
  const addOnce = async (): Promise<void> => {
    if (!(await has())) await addVersion(secrets, name, value, call);
  };
  await retryWhile(isUnknown, addOnce, unknownMs, runtime, call);
  return true;
}

/** Was it applied? Versions have no name that would keep a second from being made: it is looked for before it is sent again. */
const isUnknown = ({ code }: DeployError): boolean => code === "unavailable" || code === "timeout";
const unknownMs = 60_000;
