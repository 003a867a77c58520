import { DeployError } from "../deploy-error.ts";
import type { ReleaseOptions, ReleaseReport } from "../engine/release-types.ts";

export type RollbackOptions = Omit<ReleaseOptions, "units" | "force" | "commit"> & {
  readonly unit: string;
  /** Release to go back to. Default: the last that succeeded before the one that serves. */
  readonly to?: string;
};

/** Puts an earlier release of one unit back, without a build, as a release of its own. @throws {DeployError} `no-earlier-release` */
export async function rollback(options: RollbackOptions): Promise<ReleaseReport> {
  throw new DeployError("unimplemented", { subject: options.unit, message: "rollback" });
}
