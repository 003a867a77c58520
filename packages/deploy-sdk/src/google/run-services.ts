import type { ServiceSpec, WorkerSpec, WorkloadTarget } from "../target.ts";
import { operationOptions } from "./clients.ts";
import { readContainer } from "./run-container.ts";
import type { ServiceJson, WorkerPoolJson } from "./run-json.ts";
import { writeShares } from "./run-readiness.ts";
import type { RunContext } from "./run-requests.ts";
import {
  readService,
  readServiceSpec,
  readWorkerPool,
  writeServiceTemplate,
  writeWorkerTemplate,
} from "./run-specs.ts";
import { createWorkloads } from "./run-workloads.ts";

/** Startup may take 240 s (the longest that Cloud Run allows) after the image has been fetched. */
const operationMs = 600_000;
const options = operationOptions(operationMs);

export const createServices = (context: RunContext): WorkloadTarget<ServiceSpec> =>
  createWorkloads<ServiceSpec, ServiceJson>(
    {
      collection: "services",
      needsLive: false,
      read: readService,
      readRevisionSpec: (json) => readServiceSpec(json),
      write: (spec, shares) => ({
        template: writeServiceTemplate(spec),
        ...(shares && { traffic: writeShares(shares, "TRAFFIC_TARGET") }),
      }),
      writeShares: (shares) => ({ traffic: writeShares(shares, "TRAFFIC_TARGET") }),
      create: async (parent, serviceId, service) => {
        const client = await context.clients.services();
        const [operation] = await client.createService({ parent, serviceId, service }, options);
        return operation;
      },
      update: async (service, updateMask) => {
        const client = await context.clients.services();
        const [operation] = await client.updateService({ service, updateMask }, options);
        return operation;
      },
    },
    context,
  );

export const createWorkerPools = (context: RunContext): WorkloadTarget<WorkerSpec> =>
  createWorkloads<WorkerSpec, WorkerPoolJson>(
    {
      collection: "workerPools",
      needsLive: true,
      read: readWorkerPool,
      readRevisionSpec: (json, pool) => ({
        container: readContainer(json),
        instances: pool?.scaling?.manualInstanceCount ?? 1,
      }),
      write: (spec, shares) => ({
        template: writeWorkerTemplate(spec),
        scaling: { manualInstanceCount: spec.instances },
        ...(shares && { instanceSplits: writeShares(shares, "INSTANCE_SPLIT") }),
      }),
      writeShares: (shares) => ({ instanceSplits: writeShares(shares, "INSTANCE_SPLIT") }),
      create: async (parent, workerPoolId, workerPool) => {
        const client = await context.clients.workerPools();
        const [operation] = await client.createWorkerPool({ parent, workerPoolId, workerPool }, options);
        return operation;
      },
      update: async (workerPool, updateMask) => {
        const client = await context.clients.workerPools();
        const [operation] = await client.updateWorkerPool({ workerPool, updateMask }, options);
        return operation;
      },
    },
    context,
  );
