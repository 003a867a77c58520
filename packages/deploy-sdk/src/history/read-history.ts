import { DeployError } from "../deploy-error.ts";
import type { InspectOptions, ReleaseSummary } from "./history-types.ts";

/** The newest `limit` releases, newest first; of one unit where `unit` is given. */
export async function readHistory(
  options: InspectOptions & { readonly unit?: string; readonly limit: number },
): Promise<readonly ReleaseSummary[]> {
  throw new DeployError("unimplemented", { subject: options.stack.name, message: "readHistory" });
}
