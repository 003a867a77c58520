// What becomes of a call that a fault strikes: for every method that the SDK calls, and every fault that a cloud can have.
// docs/faults.md is written from this; fault-table.test.ts holds both against a cloud.

/** Faults on the wire, each once. Bytes are few, so that every body is longer. */
export const wireFaults = {
  "429": { kind: "status", status: 429, retryAfterSeconds: 2 },
  "503": { kind: "status", status: 503 },
  "408": { kind: "status", status: 408 },
  "reset before": { kind: "reset-before" },
  "reset after": { kind: "reset-after" },
  "broken request": { kind: "break-request", afterBytes: 8 },
  "broken answer": { kind: "break-response", afterBytes: 1 },
  stall: { kind: "stall" },
  latency: { kind: "latency", delayMs: 50 },
} as const;

/** Faults of the service behind it. */
export const serviceFaults = {
  quota: { kind: "quota" },
  "operation fails": { kind: "operation-failure", message: "no room left" },
  "slow start": { kind: "slow-start", delayMs: 300 },
  "instance killed": { kind: "kill-instance" },
} as const;

export const faults = { ...wireFaults, ...serviceFaults };
export type FaultName = keyof typeof faults;

export const endings = {
  done: "the call is made again where that is needed, and what it was to do is done, once",
  refused: "a typed error, and nothing has changed; the next run does it",
  "by hand": "a typed error, and something half-made that only a person may delete; the next run says so at once",
} as const;
export type Ending = keyof typeof endings;

/** A fault that is not named cannot strike this method: a GET has no body to break, an operation that none starts cannot fail. */
export type Row = Partial<Readonly<Record<FaultName, Ending>>>;

/** Nothing is changed: asked again until it is answered. */
const head = {
  "429": "done",
  "503": "done",
  "408": "done",
  "reset before": "done",
  "reset after": "done",
  stall: "done",
  latency: "done",
} as const satisfies Row;
const read = { ...head, "broken answer": "done" } as const satisfies Row;
/** As often as one likes: a precondition, a name or an etag keeps the second from doing anything, or the first is looked for before. */
const write = { ...read, "broken request": "done" } as const satisfies Row;
/** A job must not run twice: only what was certainly not looked at is sent again, and what a lost answer has started is looked for. */
const runOnce = {
  "429": "done",
  "503": "refused",
  "408": "refused",
  "reset before": "refused",
  "reset after": "done",
  "broken request": "refused",
  "broken answer": "done",
  stall: "refused",
  latency: "done",
} as const satisfies Row;
const failing = { "operation fails": "refused" } as const satisfies Row;
const starting = { "slow start": "done" } as const satisfies Row;
const running = { ...write, ...failing, quota: "done" } as const satisfies Row;

export const table = {
  "storage.buckets.get": read,
  "storage.buckets.insert": write,
  "storage.buckets.patch": write,
  "storage.buckets.getIamPolicy": read,
  "storage.buckets.setIamPolicy": write,
  "storage.objects.list": read,
  "storage.objects.get": read,
  "storage.objects.insert": write,
  "storage.objects.patch": write,
  "storage.objects.rewrite": write,
  "storage.objects.delete": head,
  "serviceusage.services.batchGet": read,
  "serviceusage.services.batchEnable": write,
  "cloudresourcemanager.projects.getIamPolicy": read,
  "cloudresourcemanager.projects.setIamPolicy": write,
  "iam.projects.serviceAccounts.get": read,
  "iam.projects.serviceAccounts.create": write,
  "iam.projects.serviceAccounts.getIamPolicy": read,
  "iam.projects.serviceAccounts.setIamPolicy": write,
  "google.devtools.artifactregistry.v1.ArtifactRegistry.GetRepository": read,
  "google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository": { ...write, ...failing },
  "google.devtools.artifactregistry.v1.ArtifactRegistry.GetIamPolicy": read,
  "google.devtools.artifactregistry.v1.ArtifactRegistry.SetIamPolicy": write,
  "oci.distribution.v1.HeadManifest": head,
  "oci.distribution.v1.HeadBlob": head,
  "oci.distribution.v1.StartUpload": head,
  "oci.distribution.v1.FinishUpload": write,
  "oci.distribution.v1.PutManifest": write,
  "google.cloud.secretmanager.v1.SecretManagerService.GetSecret": read,
  "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret": write,
  "google.cloud.secretmanager.v1.SecretManagerService.ListSecretVersions": read,
  "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion": read,
  "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion": write,
  "google.cloud.secretmanager.v1.SecretManagerService.GetIamPolicy": read,
  "google.cloud.secretmanager.v1.SecretManagerService.SetIamPolicy": write,
  "sql.instances.get": read,
  "sql.instances.insert": { ...write, "operation fails": "by hand" },
  "sql.databases.list": read,
  "sql.databases.insert": { ...write, ...failing },
  "sql.users.list": read,
  "sql.users.insert": { ...write, ...failing },
  "sql.operations.get": read,
  "redis.projects.locations.instances.get": read,
  "redis.projects.locations.instances.create": { ...write, ...failing },
  "redis.projects.locations.instances.getAuthString": read,
  "redis.projects.locations.operations.get": read,
  "google.cloud.run.v2.Services.GetService": read,
  "google.cloud.run.v2.Services.CreateService": { ...running, ...starting },
  "google.cloud.run.v2.Services.UpdateService": { ...running, ...starting, "instance killed": "done" },
  "google.cloud.run.v2.Services.GetIamPolicy": read,
  "google.cloud.run.v2.Services.SetIamPolicy": write,
  "google.cloud.run.v2.Revisions.GetRevision": read,
  "google.cloud.run.v2.WorkerPools.GetWorkerPool": read,
  "google.cloud.run.v2.WorkerPools.CreateWorkerPool": { ...running, ...starting },
  "google.cloud.run.v2.WorkerPools.UpdateWorkerPool": { ...running, ...starting },
  "google.cloud.run.v2.Jobs.GetJob": read,
  "google.cloud.run.v2.Jobs.CreateJob": running,
  "google.cloud.run.v2.Jobs.UpdateJob": running,
  "google.cloud.run.v2.Jobs.RunJob": { ...runOnce, ...failing, ...starting, quota: "done" },
  "google.cloud.run.v2.Executions.GetExecution": read,
  "google.cloud.run.v2.Executions.ListExecutions": read,
  "google.longrunning.Operations.GetOperation": read,
  "logging.entries.list": read,
} as const satisfies Readonly<Record<string, Row>>;

export type Method = keyof typeof table;
export const methods = Object.keys(table) as readonly Method[];
export const rowOf = (method: Method): Row => table[method];
