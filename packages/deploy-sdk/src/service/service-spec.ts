// Pure. What a service should run as.
import type { Probe, ServiceUnit } from "@slipway/config";
import type { ContainerSpec, ServiceSpec } from "../target.ts";

export const serviceSpec = (unit: ServiceUnit, container: ContainerSpec): ServiceSpec => ({
  container,
  concurrency: unit.concurrency,
  timeoutS: unit.timeoutS,
  min: unit.min,
  max: unit.max,
  cpuAlways: false,
  startup: unit.startup && within(unit.startup),
  liveness: unit.liveness && within(unit.liveness),
});

/** Cloud Run refuses a probe that may take longer than the time to the next one. */
const within = (probe: Probe): Probe => ({ ...probe, timeoutS: Math.min(probe.timeoutS, probe.periodS) });
