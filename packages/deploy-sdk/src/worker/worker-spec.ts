// Pure. What a worker should run as: a worker pool, or, where the stack says so, a service that never sleeps.
import type { WorkerUnit } from "@slipway/config";
import type { ContainerSpec, ServiceSpec, WorkerSpec } from "../target.ts";

export const workerPoolSpec = ({ instances }: WorkerUnit, container: ContainerSpec): WorkerSpec => ({
  container,
  instances,
});

/** Nothing wakes it by HTTP, so all its instances are always there, and have CPU between requests. */
export const workerServiceSpec = ({ instances }: WorkerUnit, container: ContainerSpec): ServiceSpec => ({
  container,
  concurrency: 80,
  timeoutS: 300,
  min: instances,
  max: instances,
  cpuAlways: true,
  startup: undefined,
  liveness: undefined,
});
