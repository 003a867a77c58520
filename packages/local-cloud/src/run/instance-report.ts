// What the platform writes about an instance into its log, as Cloud Run does in `varlog/system`.
import type { ProcessExit } from "../runtime/container-driver.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import type { LogSource } from "../runtime/log-entry.ts";
import { formatExit } from "./format-exit.ts";
import type { Container, Probe } from "./model.ts";
import { probeKind, type StartupOutcome } from "./probe.ts";
import { parseMemory } from "./quantity.ts";
import { containerPort, isDefaultStartupProbe } from "./template-defaults.ts";

export type InstanceReport = {
  readonly warn: (text: string) => void;
  readonly fail: (text: string) => void;
  readonly startup: (probe: Probe, outcome: StartupOutcome) => void;
  readonly liveness: (probe: Probe, failures: number) => void;
  /** @param expected was it asked to end? */
  readonly exit: (exit: ProcessExit, expected: boolean) => void;
};

export const defaultMemoryBytes = 512 * 2 ** 20;

export const memoryOf = ({ resources }: Container): number =>
  parseMemory(resources?.limits?.["memory"] ?? "") ?? defaultMemoryBytes;

const placeOf = (container: Container, probe: Probe): string => {
  const path = probe.httpGet ? ` path "${probe.httpGet.path ?? "/"}"` : "";
  return `for container "${container.name}" on port ${containerPort(container)}${path}`;
};

const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function createInstanceReport(runtime: ContainerRuntime, log: LogSource, container: Container): InstanceReport {
  const write = (severity: "INFO" | "WARNING" | "ERROR", text: string): void => runtime.report(log, severity, text);
  return {
    warn: (text) => write("WARNING", text),
    fail: (text) => write("ERROR", text),
    startup: (probe, { succeeded, attempts }) => {
      const name = `${isDefaultStartupProbe(probe) ? "Default " : ""}STARTUP ${probeKind(probe)} probe`;
      const place = placeOf(container, probe);
      if (succeeded) write("INFO", `${name} succeeded after ${times(attempts, "attempt", "attempts")} ${place}.`);
      else
        write(
          "ERROR",
          `${name} failed ${times(attempts, "time", "times")} consecutively ${place}. The instance was not started.`,
        );
    },
    liveness: (probe, failures) =>
      write(
        "ERROR",
        `LIVENESS ${probeKind(probe)} probe failed ${times(failures, "time", "times")} consecutively ${placeOf(container, probe)}. The instance has been shut down.`,
      ),
    exit: (exit, expected) => {
      const { severity, text } = formatExit(exit, memoryOf(container));
      if (!expected || exit.code !== 0) write(expected ? "INFO" : severity, text);
    },
  };
}
