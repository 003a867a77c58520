// What the engine asks of a place that runs things, in words that fit any: Google Cloud is one such place. Nothing here
// or in the engine knows a vendor; a target translates its own resources to these shapes and its errors to DeployError.
import type { Probe } from "@slipway/config";
import type { ObjectStore } from "./google/object-store.ts";
import type { ImageRegistry } from "./image/image-registry.ts";

/** Every call ends with its signal. `subject` is for errors: `service "api" in staging`. */
export type Call = { readonly signal: AbortSignal; readonly subject: string };

/** A secret's version, by number: never "latest", which one revision could resolve to different values. */
export type SecretPin = { readonly secret: string; readonly version: string };

/** A container with everything filled in. Plain JSON without secrets' values: it may be recorded and compared. */
export type ContainerSpec = {
  /** By digest: `host/path/name@sha256:…`. */
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** By variable. */
  readonly secrets: Readonly<Record<string, SecretPin>>;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly cloudSql: readonly string[];
  readonly serviceAccount: string;
};

export type ServiceSpec = {
  readonly container: ContainerSpec;
  readonly concurrency: number;
  readonly timeoutS: number;
  readonly min: number;
  readonly max: number;
  /** CPU also between requests. */
  readonly cpuAlways: boolean;
  /** undefined: the port must open, no more. */
  readonly startup: Probe | undefined;
  readonly liveness: Probe | undefined;
};

export type WorkerSpec = { readonly container: ContainerSpec; readonly instances: number };

export type JobSpec = { readonly container: ContainerSpec; readonly timeoutS: number; readonly retries: number };

export type Readiness =
  | { readonly state: "ready" }
  | { readonly state: "pending"; readonly message: string }
  | { readonly state: "failed"; readonly reason: string; readonly message: string };

/** A share of the requests of a service, or of the instances of a worker. */
export type Share = {
  /** undefined: whichever revision is the newest that is ready. */
  readonly revision: string | undefined;
  readonly percent: number;
  readonly tag?: string;
  /** Address of the tag, where there is one. */
  readonly url?: string;
};

/** Something with revisions: a service or a worker. */
export type LiveWorkload<Spec> = {
  readonly name: string;
  /** Changes with every change of what is asked for, and not when only its state does. */
  readonly generation: string;
  /** Of its template, which is what its newest revision was made from. */
  readonly spec: Spec;
  readonly url: string | undefined;
  readonly latestCreated: string | undefined;
  readonly latestReady: string | undefined;
  /** What was asked for. */
  readonly shares: readonly Share[];
  /** What is so. */
  readonly serving: readonly Share[];
  readonly readiness: Readiness;
  /** Nothing that was asked for is still on its way. */
  readonly settled: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly updatedAt: string | undefined;
};

export type LiveRevision<Spec> = {
  readonly name: string;
  readonly spec: Spec;
  readonly readiness: Readiness;
  readonly createdAt: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
};

export type WorkloadChange<Spec> = {
  readonly name: string;
  readonly spec: Spec;
  /** Name of the revision that this makes: chosen here, so that it is known which one to wait for. */
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  /** undefined: left to the target's default, for a resource that does not exist yet. */
  readonly shares: readonly Share[] | undefined;
  /** Of the resource that the plan was made against; undefined: it must not exist. */
  readonly generation: string | undefined;
};

/** How a change that was accepted came out. Why it failed is told by the revision's readiness. */
export type Settlement = { readonly failure: string | undefined };

export type WorkloadTarget<Spec> = {
  readonly get: (name: string, call: Call) => Promise<LiveWorkload<Spec> | undefined>;
  readonly revision: (name: string, revision: string, call: Call) => Promise<LiveRevision<Spec> | undefined>;
  /** Newest first, at most 100. */
  readonly revisions: (name: string, call: Call) => Promise<readonly LiveRevision<Spec>[]>;
  /** Creates or updates, and waits until the target is done with it. @throws DeployError `conflict` where `generation` no longer fits. */
  readonly apply: (change: WorkloadChange<Spec>, call: Call) => Promise<Settlement>;
  /** Leaves the spec as it is. @throws DeployError `conflict` where somebody else sets other shares at the same time. */
  readonly setShares: (
    given: { readonly name: string; readonly shares: readonly Share[] },
    call: Call,
  ) => Promise<Settlement>;
};

export type Execution = {
  readonly name: string;
  readonly state: "running" | "succeeded" | "failed";
  /** What it runs with. */
  readonly spec: JobSpec;
  readonly message: string;
};

export type LiveJob = {
  readonly name: string;
  /** Changes with every change of what is asked for; an execution is none. */
  readonly generation: string;
  readonly spec: JobSpec;
  readonly readiness: Readiness;
  readonly settled: boolean;
  readonly latestExecution: string | undefined;
};

export type JobTarget = {
  readonly get: (name: string, call: Call) => Promise<LiveJob | undefined>;
  readonly apply: (
    change: {
      readonly name: string;
      readonly spec: JobSpec;
      readonly labels: Readonly<Record<string, string>>;
      readonly generation: string | undefined;
    },
    call: Call,
  ) => Promise<Settlement>;
  /** Starts one execution of the job as it was read, and returns its name as soon as it exists. */
  readonly run: (job: LiveJob, call: Call) => Promise<string>;
  readonly execution: (job: string, execution: string, call: Call) => Promise<Execution | undefined>;
  /** The newest 20, newest first. */
  readonly executions: (job: string, call: Call) => Promise<readonly Execution[]>;
};

export type SecretTarget = {
  /** Number of the newest version that is enabled; undefined where there is none. */
  readonly newestVersion: (secret: string, call: Call) => Promise<string | undefined>;
};

export type LogLine = {
  /** Unique among lines of the same instant. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly severity: string;
  readonly text: string;
  /** Revision or execution that wrote it. */
  readonly source: string;
  /** Instance that wrote it, or that it is about; empty: none. */
  readonly instance: string;
};

export type LogQuery = {
  readonly kind: "service" | "worker" | "job";
  readonly name: string;
  /** Only this revision or execution. */
  readonly source?: string;
  /** ISO 8601; only lines of then or later. */
  readonly since?: string;
  /** Only what the platform itself tells of instances: that one started, ended, or was refused. */
  readonly platform?: boolean;
  /** The newest so many, at most 1000. */
  readonly limit: number;
};

export type LogTarget = {
  /** Oldest first. */
  readonly read: (query: LogQuery, call: Call) => Promise<readonly LogLine[]>;
};

export type StoredEntry = {
  readonly name: string;
  readonly generation: string;
  readonly metadata: Readonly<Record<string, string>>;
};

export type StoredDocument = {
  /** undefined: there is no such document. */
  readonly value: unknown;
  /** "0": there is no such document. */
  readonly generation: string;
  /** The store's clock when it answered, so that leases do not depend on ours. */
  readonly at: Date;
};

/** The environment's own small documents: records, journal, lock. */
export type StateStore = {
  readonly read: (name: string, call: Call) => Promise<StoredDocument>;
  /** Writes only where the document has `ifGeneration` ("0": does not exist). Returns the new generation; undefined: it has another. */
  readonly write: (
    document: {
      readonly name: string;
      readonly value: unknown;
      readonly ifGeneration: string;
      readonly metadata?: Readonly<Record<string, string>>;
    },
    call: Call,
  ) => Promise<string | undefined>;
  /** False: it has another generation. */
  readonly remove: (name: string, ifGeneration: string, call: Call) => Promise<boolean>;
  /** In the order of names, at most 1000. */
  readonly list: (prefix: string, call: Call) => Promise<readonly StoredEntry[]>;
};

export type CdnTarget = {
  /** Forgets what is cached under a path of a host; `*` at its end stands for everything below. */
  readonly invalidate: (
    given: { readonly urlMap: string; readonly host: string; readonly path: string },
    call: Call,
  ) => Promise<void>;
};

/** What lets a caller into a service that is not public; or why these credentials have no such thing, and what to do about it. */
export type CallerHeaders =
  | { readonly headers: Readonly<Record<string, string>> }
  | { readonly headers?: undefined; readonly missing: string; readonly hint: string };

export type Target = {
  readonly state: StateStore;
  readonly services: WorkloadTarget<ServiceSpec>;
  readonly workers: WorkloadTarget<WorkerSpec>;
  readonly jobs: JobTarget;
  readonly secrets: SecretTarget;
  readonly logs: LogTarget;
  /** Where the stack's images live. Made by `createRegistry` of google/registry.ts. */
  readonly registry: ImageRegistry;
  /** Objects of a bucket: what a site is made of. */
  readonly objects: (bucket: string, subject: string) => ObjectStore;
  readonly cdn: CdnTarget;
  /**
   * Lets a probe into a service that is not public. It is for the service's own address, also where it is asked under a
   * tag's or a domain's: https://cloud.google.com/run/docs/authenticating/service-to-service
   */
  readonly callerHeaders: (serviceUrl: string) => Promise<CallerHeaders>;
  readonly close: () => Promise<void>;
};
