import { DeployError } from "../deploy-error.ts";
import type { Target } from "../target.ts";
import type { Holder } from "./holder.ts";

/** Who holds an environment. */
export type LockState = {
  readonly releaseId: string;
  readonly environment: string;
  /** ISO 8601. */
  readonly since: string;
  /** Processes of that release; each renews its own lease. */
  readonly holders: readonly (Holder & { readonly since: string; readonly expiresAt: string })[];
};

export type LockOptions = { readonly target: Target; readonly environment: string; readonly signal: AbortSignal };

/** Who holds the environment now; undefined: nobody. */
export async function readLock({ environment }: LockOptions): Promise<LockState | undefined> {
  throw new DeployError("unimplemented", { subject: environment, message: "readLock" });
}

/** Takes the lock away from whoever holds it, and returns who that was; undefined: nobody. */
export async function breakLock({ environment }: LockOptions): Promise<LockState | undefined> {
  throw new DeployError("unimplemented", { subject: environment, message: "breakLock" });
}
