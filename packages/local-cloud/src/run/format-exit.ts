// Pure. How Cloud Run's log tells that a container ended.
import { constants } from "node:os";
import type { ProcessExit } from "../runtime/container-driver.ts";

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

export function formatExit(
  exit: ProcessExit,
  limitBytes: number,
): { readonly severity: "INFO" | "WARNING" | "ERROR"; readonly text: string } {
  if (exit.outOfMemory) {
    const { usedBytes } = exit.outOfMemory;
    return {
      severity: "ERROR",
      text: `Memory limit of ${mib(limitBytes)} exceeded with ${mib(usedBytes)} used. Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits`,
    };
  }
  if (exit.signal)
    return { severity: "WARNING", text: `Container terminated on signal ${constants.signals[exit.signal]}.` };
  return { severity: exit.code === 0 ? "INFO" : "WARNING", text: `Container called exit(${exit.code ?? 1}).` };
}
