import { DeployError } from "../deploy-error.ts";
import type { InspectOptions, UnitStatus } from "./history-types.ts";

/** What serves now, by unit, in the order of the stack. */
export async function readStatus(options: InspectOptions): Promise<readonly UnitStatus[]> {
  throw new DeployError("unimplemented", { subject: options.stack.name, message: "readStatus" });
}
