// One cloud for the tests of a file, and the calls that they share.
import { afterAll, beforeAll } from "vitest";
import {
  location,
  parent,
  project,
  type RunCloud,
  type RunCloudOptions,
  serverScript,
  startRunCloud,
} from "./run-cloud.ts";
import type { Execution, Job, Operation, Revision, Service, Task, WorkerPool } from "./run-types.ts";

export type Fields = { readonly [field: string]: unknown };

export type RunSuite = {
  readonly cloud: () => RunCloud;
  /** An image whose server runs `handler` for every request; its reference by digest. */
  readonly image: (name: string, script?: string) => Promise<string>;
  /** Through the official client, until its operation is over. */
  readonly create: (id: string, image: string, template?: Fields, service?: Fields) => Promise<Service>;
  readonly update: (id: string, service: Fields, mask?: readonly string[]) => Promise<Service>;
  readonly service: (id: string) => Promise<Service>;
  readonly revisions: (id: string) => Promise<readonly Revision[]>;
  readonly pool: (id: string) => Promise<WorkerPool>;
  readonly job: (id: string) => Promise<Job>;
  readonly executions: (job: string) => Promise<readonly Execution[]>;
  readonly tasks: (execution: string) => Promise<readonly Task[]>;
  /** A REST call; its JSON. */
  readonly call: <Value = Operation>(
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly json: Value }>;
};

export { location, parent, project };

export function useRunCloud(options: Omit<RunCloudOptions, "onEnd"> = {}): RunSuite {
  const cleanups: (() => Promise<void> | void)[] = [];
  let started: RunCloud | undefined;
  const cloud = (): RunCloud => {
    if (started === undefined) throw new Error("the cloud has not started");
    return started;
  };
  beforeAll(async () => {
    started = await startRunCloud({ ...options, onEnd: (cleanup) => void cleanups.push(cleanup) });
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  const call: RunSuite["call"] = (method, path, body) =>
    cloud().cloud.fetchJson(`/v2/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const read = async <Value>(path: string): Promise<Value> => (await call<Value>("GET", path)).json;

  return {
    cloud,
    call,
    image: (name, script = serverScript()) =>
      cloud().images.add(name, [{ name: "app/main.js", content: script }], { Entrypoint: ["node", "/app/main.js"] }),
    create: async (serviceId, image, template = {}, service = {}) => {
      const given = { invokerIamDisabled: true, template: { containers: [{ image }], ...template }, ...service };
      const [operation] = await cloud().clients.services.createService({ parent, serviceId, service: given } as never);
      await operation.promise();
      return read(`${parent}/services/${serviceId}`);
    },
    update: async (id, service, mask) => {
      const request = {
        service: { name: `${parent}/services/${id}`, ...service },
        ...(mask && { updateMask: { paths: [...mask] } }),
      };
      const [operation] = await cloud().clients.services.updateService(request as never);
      await operation.promise();
      return read(`${parent}/services/${id}`);
    },
    service: (id) => read(`${parent}/services/${id}`),
    revisions: async (id) =>
      (await read<{ revisions?: readonly Revision[] }>(`${parent}/services/${id}/revisions`)).revisions ?? [],
    pool: (id) => read(`${parent}/workerPools/${id}`),
    job: (id) => read(`${parent}/jobs/${id}`),
    executions: async (id) =>
      (await read<{ executions?: readonly Execution[] }>(`${parent}/jobs/${id}/executions`)).executions ?? [],
    tasks: async (execution) => (await read<{ tasks?: readonly Task[] }>(`${execution}/tasks`)).tasks ?? [],
  };
}

/** Answers of the test's server, parsed. */
export const parsed = <Value = { readonly revision: string; readonly version: string; readonly pid: number }>({
  text,
}: {
  readonly text: string;
}): Value => JSON.parse(text) as Value;
