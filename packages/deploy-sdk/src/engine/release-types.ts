import type { Stack } from "@slipway/config";
import type { ExitCode } from "../deploy-error.ts";
import type { Target } from "../target.ts";
import type { Commit, DeployEvent, Runtime, UnitResult } from "../types.ts";
import type { Drivers } from "./drivers.ts";
import type { Holder } from "./holder.ts";

export type ReleaseOptions = {
  readonly stack: Stack;
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Names of units to release, with what they need taken as it is live. Default: all of the stack. */
  readonly units?: readonly string[];
  /** From `createReleaseId`: the same for all that one release does. */
  readonly releaseId: string;
  readonly commit: Commit;
  /** `plan` changes nothing and writes nothing. */
  readonly mode: "plan" | "apply";
  /** Releases units that are as they should be once more: a job runs again, a service gets a new revision. */
  readonly force?: boolean;
  readonly emit: (event: DeployEvent) => void;
  readonly signal: AbortSignal;
  readonly target: Target;
  readonly runtime: Runtime;
  readonly drivers: Drivers;
  /** Who holds the lock. Default: this process. */
  readonly holder?: Holder;
};

export type ReleaseReport = {
  readonly releaseId: string;
  readonly environment: string;
  readonly mode: "plan" | "apply";
  /** In the order of the stack. */
  readonly results: readonly UnitResult[];
  /** Names of units that are as they should be now. */
  readonly done: readonly string[];
  /** Names of units that failed or were not reached. */
  readonly notDone: readonly string[];
  readonly exitCode: ExitCode;
  readonly tookMs: number;
};
