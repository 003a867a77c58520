import { DeployError } from "../deploy-error.ts";
import type { LogLine } from "../target.ts";
import type { InspectOptions } from "./history-types.ts";

export type ReadLogsOptions = InspectOptions & {
  readonly unit: string;
  /** The newest so many lines to begin with. */
  readonly limit: number;
  /** Goes on with new lines until the signal is aborted. */
  readonly follow: boolean;
};

/** Lines of a unit, oldest first. @throws {DeployError} `usage` for a unit that has no logs. */
// biome-ignore lint/correctness/useYield: not there yet
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<LogLine> {
  throw new DeployError("unimplemented", { subject: options.stack.name, message: "readLogs" });
}
