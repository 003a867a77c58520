// A target that keeps everything in memory and serves its services' health on loopback: a second implementation of the
// interface, on which every step of a release can be cut short.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { DeployError } from "../../src/deploy-error.ts";
import type {
  Call,
  Execution,
  JobSpec,
  LiveJob,
  LiveRevision,
  LiveWorkload,
  LogLine,
  Readiness,
  ServiceSpec,
  Share,
  StateStore,
  Target,
  WorkerSpec,
  WorkloadTarget,
} from "../../src/target.ts";

export type MemoryTarget = Target & {
  /** Calls that changed something, as `services.apply shop-api`. */
  readonly writes: readonly string[];
  /** From its n-th call on, counted from 1, nothing answers any more: the process has been killed. */
  readonly dieAt: (call: number) => void;
  readonly live: () => void;
  readonly calls: () => number;
  /** What a revision of an image says of itself; default healthy. By the image's digest character. */
  readonly behave: (image: string, how: Behaviour) => void;
  readonly documents: () => readonly string[];
};

/**
 * `slow`: an execution goes on until it has been looked at three times. `dies`: ready, and then its instances exit;
 * `ends`: likewise, without an error.
 */
export type Behaviour = "healthy" | "unhealthy" | "forbidden" | "unready" | "dies" | "ends" | "fails" | "slow";

type Stored = { value: unknown; generation: number; metadata: Readonly<Record<string, string>> };
type World = {
  readonly writes: string[];
  readonly documents: Map<string, Stored>;
  readonly behaviours: Map<string, Behaviour>;
  readonly enter: (write: string | undefined) => void;
  generations: number;
  port: number;
};

export class Killed extends Error {
  override readonly name = "Killed";
}

export async function memoryTarget(): Promise<MemoryTarget> {
  let calls = 0;
  let deadline = Number.POSITIVE_INFINITY;
  const world: World = {
    writes: [],
    documents: new Map(),
    behaviours: new Map(),
    generations: 0,
    port: 0,
    enter: (write) => {
      calls += 1;
      if (calls >= deadline) throw new Killed(`killed at call ${calls}`);
      if (write !== undefined) world.writes.push(write);
    },
  };
  const services = memoryWorkloads<ServiceSpec>("services", world);
  const workers = memoryWorkloads<WorkerSpec>("workers", world);
  world.port = await serveHealth(services.health);
  return {
    state: memoryState(world),
    services: services.target,
    workers: workers.target,
    jobs: memoryJobs(world),
    secrets: { newestVersion: async (name) => (name.startsWith("MISSING") ? undefined : "1") },
    logs: {
      read: async ({ kind, name, source = "", platform = false }) => {
        const spec = kind === "worker" && platform ? workers.specOf(name, source) : undefined;
        return platform ? (spec ? platformLines(behaviourOf(world, spec), source) : []) : [lastWords(source)];
      },
    },
    registry: {
      platform: { os: "linux", architecture: "amd64" },
      serves: () => false,
      digestOf: async () => undefined,
      push: () => Promise.reject(new Error("nothing is pushed here")),
    },
    objects: () => {
      throw new Error("there are no buckets here");
    },
    cdn: { invalidate: async () => {} },
    callerHeaders: async () => ({ headers: { "x-serverless-authorization": "Bearer test" } }),
    close: async () => {},
    writes: world.writes,
    documents: () => [...world.documents.keys()].toSorted(),
    dieAt: (call) => {
      deadline = calls + call;
    },
    live: () => {
      deadline = Number.POSITIVE_INFINITY;
    },
    calls: () => calls,
    behave: (image, how) => world.behaviours.set(image, how),
  };
}

function memoryState(world: World): StateStore {
  return {
    read: async (name) => {
      world.enter(undefined);
      const found = world.documents.get(name);
      return { value: structuredClone(found?.value), generation: String(found?.generation ?? 0), at: new Date() };
    },
    write: async ({ name, value, ifGeneration, metadata = {} }) => {
      world.enter(`state ${name}`);
      const generation = world.documents.get(name)?.generation ?? 0;
      if (String(generation) !== ifGeneration) return undefined;
      world.documents.set(name, { value: structuredClone(value), generation: generation + 1, metadata });
      return String(generation + 1);
    },
    remove: async (name, ifGeneration) => {
      world.enter(`remove ${name}`);
      if (String(world.documents.get(name)?.generation ?? 0) !== ifGeneration) return false;
      return world.documents.delete(name);
    },
    list: async (prefix) => {
      world.enter(undefined);
      return [...world.documents]
        .filter(([name]) => name.startsWith(prefix))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { generation, metadata }]) => ({ name, generation: String(generation), metadata }));
    },
  };
}

type Running<Spec> = { live: LiveWorkload<Spec>; revisions: LiveRevision<Spec>[] };
type HasContainer = { readonly container: { readonly image: string } };

const behaviourOf = (world: World, { container }: HasContainer): Behaviour =>
  world.behaviours.get(/sha256:(.)/.exec(container.image)?.[1] ?? "") ?? "healthy";

function memoryWorkloads<Spec extends HasContainer>(kind: string, world: World) {
  const all = new Map<string, Running<Spec>>();
  const put = (name: string, change: (before: Running<Spec> | undefined) => Running<Spec>): void => {
    const next = change(all.get(name));
    world.generations += 1;
    const serving = next.live.shares.map((share) => ({
      ...share,
      revision: share.revision ?? next.live.latestReady,
      ...(share.tag !== undefined && { url: `http://${share.tag}---${name}.localhost:${world.port}` }),
    }));
    all.set(name, { ...next, live: { ...next.live, serving, generation: String(world.generations) } });
  };
  const target: WorkloadTarget<Spec> = {
    get: async (name) => {
      world.enter(undefined);
      return structuredClone(all.get(name)?.live);
    },
    revision: async (name, revision) => {
      world.enter(undefined);
      return structuredClone(all.get(name)?.revisions.find((each) => each.name === revision));
    },
    revisions: async (name) => {
      world.enter(undefined);
      return structuredClone(all.get(name)?.revisions.toReversed() ?? []);
    },
    apply: async ({ name, spec, revision, labels, shares, generation }, { subject }) => {
      world.enter(`${kind}.apply ${name}`);
      const before = all.get(name);
      if (before?.live.generation !== generation) throw new DeployError("conflict", { subject, message: "changed" });
      const readiness: Readiness =
        behaviourOf(world, spec) === "unready"
          ? { state: "failed", reason: "HEALTH_CHECK_CONTAINER_ERROR", message: "it did not listen" }
          : { state: "ready" };
      const made: LiveRevision<Spec> = { name: revision, spec, readiness, createdAt: undefined, labels };
      put(name, () => ({
        live: {
          name,
          generation: "",
          spec,
          url: kind === "services" ? `http://${name}.localhost:${world.port}` : undefined,
          latestCreated: revision,
          latestReady: readiness.state === "ready" ? revision : before?.live.latestReady,
          shares: shares ?? before?.live.shares ?? [{ revision: undefined, percent: 100 }],
          serving: [],
          readiness,
          settled: true,
          labels,
          updatedAt: undefined,
        },
        revisions: [...(before?.revisions ?? []), made],
      }));
      return { failure: readiness.state === "failed" ? readiness.message : undefined };
    },
    setShares: async ({ name, shares }, { subject }) => {
      world.enter(`${kind}.setShares ${name}`);
      put(name, (before) => {
        if (!before) throw new DeployError("not-found", { subject, message: "not there" });
        return { ...before, live: { ...before.live, shares: shares.map(({ url: _, ...share }) => share) } };
      });
      return { failure: undefined };
    },
  };
  const health = (host: string): Health | undefined => {
    const [, tag, name = ""] = /^(?:([a-z]+)---)?([a-z0-9-]+)\.localhost/.exec(host) ?? [];
    const running = all.get(name);
    const share = running?.live.serving.find((each: Share) => (tag ? each.tag === tag : each.percent === 100));
    const revision = running?.revisions.find((each) => each.name === share?.revision);
    return revision && { revision: revision.name, behaviour: behaviourOf(world, revision.spec) };
  };
  const specOf = (name: string, revision: string): Spec | undefined =>
    all.get(name)?.revisions.find((each) => each.name === revision)?.spec;
  return { target, health, specOf };
}

const lastWords = (source: string): LogLine => ({
  id: "1",
  at: "2026-01-01T00:00:00Z",
  severity: "INFO",
  text: `last words of ${source}`,
  source,
  instance: "a",
});
const platformLines = (behaviour: Behaviour, source: string): readonly LogLine[] => {
  const started = { ...lastWords(source), text: "Starting new instance." };
  if (behaviour === "dies") return [started, { ...started, severity: "WARNING", text: "Container called exit(4)." }];
  return behaviour === "ends" ? ["a", "b", "c", "d"].map((instance) => ({ ...started, instance })) : [started];
};

function memoryJobs(world: World): Target["jobs"] {
  const jobs = new Map<string, { live: LiveJob; executions: Execution[] }>();
  const looks = new Map<string, number>();
  const looked = (execution: Execution): Execution => {
    const count = (looks.get(execution.name) ?? 0) + 1;
    looks.set(execution.name, count);
    if (execution.state === "running" && count >= 3) Object.assign(execution, { state: "succeeded" });
    return execution;
  };
  const record = (name: string, spec: JobSpec): string => {
    const job = jobs.get(name);
    if (!job) throw new Error(`no job ${name}`);
    const behaviour = behaviourOf(world, spec);
    const state = behaviour === "fails" ? "failed" : behaviour === "slow" ? "running" : "succeeded";
    const execution: Execution = { name: `${name}-${job.executions.length + 1}`, state, spec, message: state };
    job.executions.push(execution);
    job.live = { ...job.live, latestExecution: execution.name };
    return execution.name;
  };
  return {
    get: async (name) => {
      world.enter(undefined);
      return structuredClone(jobs.get(name)?.live);
    },
    apply: async ({ name, spec }: { readonly name: string; readonly spec: JobSpec }) => {
      world.enter(`jobs.apply ${name}`);
      world.generations += 1;
      const before = jobs.get(name);
      const live: LiveJob = {
        name,
        generation: String(world.generations),
        spec,
        readiness: { state: "ready" },
        settled: true,
        latestExecution: before?.live.latestExecution,
      };
      jobs.set(name, { live, executions: before?.executions ?? [] });
      return { failure: undefined };
    },
    run: async ({ name, spec }: LiveJob, _call: Call) => {
      world.enter(`jobs.run ${name}`);
      return record(name, spec);
    },
    execution: async (name, execution) => {
      world.enter(undefined);
      const found = jobs.get(name)?.executions.find((each) => each.name === execution);
      return structuredClone(found && looked(found));
    },
    executions: async (name) => {
      world.enter(undefined);
      return structuredClone(jobs.get(name)?.executions.toReversed() ?? []);
    },
  };
}

type Health = { readonly revision: string; readonly behaviour: Behaviour };

async function serveHealth(health: (host: string) => Health | undefined): Promise<number> {
  const server = createServer((request, response) => {
    const said = health(request.headers.host ?? "");
    if (said?.behaviour === "forbidden") {
      response.writeHead(403, { "content-type": "text/html" }).end("<h1>Error: Forbidden</h1>");
      return;
    }
    const healthy = said?.behaviour === "healthy";
    response.writeHead(!said ? 404 : healthy ? 200 : 503, { "content-type": "application/health+json" });
    response.end(JSON.stringify({ status: healthy ? "pass" : "fail", revision: said?.revision }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}
