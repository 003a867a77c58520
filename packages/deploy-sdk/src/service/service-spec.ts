import type { ServiceUnit } from "@slipway/config";
import type { ContainerSpec, ServiceSpec } from "../target.ts";

/** Pure. What a service should run as. */
export const serviceSpec = (unit: ServiceUnit, container: ContainerSpec): ServiceSpec => ({
  container,
  concurrency: unit.concurrency,
  timeoutS: unit.timeoutS,
  min: unit.min,
  max: unit.max,
  cpuAlways: false,
  startup: unit.startup,
  liveness: unit.liveness,
});
