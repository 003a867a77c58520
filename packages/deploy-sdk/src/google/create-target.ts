import type { Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { Target } from "../target.ts";
import type { Runtime } from "../types.ts";
import type { Credentials } from "./credentials.ts";

export type TargetOptions = {
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  /** Default: Application Default Credentials, or a plain name on a loopback endpoint. */
  readonly credentials?: Credentials;
};

/** Google Cloud, or a cloud that speaks as it does, as the target of `stack`'s environment. Close it. */
export function createTarget(stack: Stack, _options: TargetOptions): Target {
  throw new DeployError("unimplemented", { subject: stack.name, message: "createTarget" });
}
