import { DeployError } from "../deploy-error.ts";
import type { ReleaseOptions, ReleaseReport } from "./release-types.ts";

export async function release(options: ReleaseOptions): Promise<ReleaseReport> {
  throw new DeployError("unimplemented", { subject: options.releaseId, message: "release" });
}
