// Services and worker pools of Cloud Run: lean reads over the transport, writes and operations by Google's client.
import { describeShares, sameShares } from "../container/shares.ts";
import { DeployError } from "../deploy-error.ts";
import type { Call, LiveWorkload, Settlement, Share, WorkloadChange, WorkloadTarget } from "../target.ts";
import type { RevisionJson, RevisionTemplateJson } from "./run-json.ts";
import {
  assertUnchanged,
  changedMessage,
  type Overtaken,
  pick,
  type ResourceBody,
  type RunContext,
  readResource,
  type StartedOperation,
  seenOf,
  writeResource,
} from "./run-requests.ts";
import { readRevision } from "./run-specs.ts";

type ResourceJson = {
  readonly template?: RevisionTemplateJson;
  readonly etag?: string;
  /** int64, as text. */
  readonly generation?: string;
  readonly labels?: Readonly<Record<string, string>>;
};

/** What differs between services and worker pools. */
export type WorkloadKind<Spec, Json extends ResourceJson> = {
  /** The collection in the API's paths. */
  readonly collection: "services" | "workerPools";
  readonly read: (json: Json) => LiveWorkload<Spec>;
  /** A revision tells nothing of what its worker pool scales to: that is taken from the pool, where it is needed. */
  readonly readRevisionSpec: (json: RevisionJson, live: Json | undefined) => Spec;
  readonly needsLive: boolean;
  /** The resource's own fields that `spec` and `shares` decide. */
  readonly write: (spec: Spec, shares: readonly Share[] | undefined) => ResourceBody & { readonly template: object };
  readonly writeShares: (shares: readonly Share[]) => ResourceBody;
  readonly create: (parent: string, id: string, body: ResourceBody) => Promise<StartedOperation>;
  /** Only the fields that `paths` names are written: access, ingress and the like are not the release's business. */
  readonly update: (body: ResourceBody, updateMask: { readonly paths: string[] }) => Promise<StartedOperation>;
};

/** Fields of a template that a person may have set and that the SDK does not manage: a write sends them back as they are. */
const keptTemplateFields = [
  "annotations",
  "vpcAccess",
  "executionEnvironment",
  "encryptionKey",
  "encryptionKeyRevocationAction",
  "serviceMesh",
  "sessionAffinity",
  "nodeSelector",
];

type Workloads<Spec, Json extends ResourceJson> = {
  readonly kind: WorkloadKind<Spec, Json>;
  readonly context: RunContext;
  readonly pathOf: (name: string) => string;
};

export function createWorkloads<Spec, Json extends ResourceJson>(
  kind: WorkloadKind<Spec, Json>,
  context: RunContext,
): WorkloadTarget<Spec> {
  const workloads = { kind, context, pathOf: (name: string) => `${context.parent}/${kind.collection}/${name}` };
  return {
    get: (name, call) => getWorkload(workloads, name, call),
    revision: async (name, revision, call) => {
      const path = `${workloads.pathOf(name)}/revisions/${revision}`;
      const json = await readResource<RevisionJson>(context, path, call);
      return json && readRevision(json, kind.readRevisionSpec(json, await liveFor(workloads, name, call)));
    },
    revisions: async (name, call) => {
      const path = `${workloads.pathOf(name)}/revisions?pageSize=100`;
      const page = await readResource<{ readonly revisions?: readonly RevisionJson[] }>(context, path, call);
      const live = await liveFor(workloads, name, call);
      const found = (page?.revisions ?? []).map((json) => readRevision(json, kind.readRevisionSpec(json, live)));
      return found.toSorted((a, b) => (b.createdAt ?? "").localeCompare(a.createdAt ?? ""));
    },
    apply: (change, call) => applyChange(workloads, change, call),
    setShares: (given, call) => setShares(workloads, given, call),
  };
}

const readJson = <Spec, Json extends ResourceJson>(
  { context, pathOf }: Workloads<Spec, Json>,
  name: string,
  call: Call,
) => readResource<Json>(context, pathOf(name), call);

async function getWorkload<Spec, Json extends ResourceJson>(
  workloads: Workloads<Spec, Json>,
  name: string,
  call: Call,
): Promise<LiveWorkload<Spec> | undefined> {
  const json = await readJson(workloads, name, call);
  return json && workloads.kind.read(json);
}

const liveFor = async <Spec, Json extends ResourceJson>(workloads: Workloads<Spec, Json>, name: string, call: Call) =>
  workloads.kind.needsLive ? readJson(workloads, name, call) : undefined;

async function applyChange<Spec, Json extends ResourceJson>(
  workloads: Workloads<Spec, Json>,
  change: WorkloadChange<Spec>,
  call: Call,
): Promise<Settlement> {
  const { kind, context, pathOf } = workloads;
  const { name, spec, shares, generation, revision } = change;
  const live = await readJson(workloads, name, call);
  assertUnchanged(name, generation, live?.generation, call);
  const written = kind.write(spec, shares);
  const body = { ...written, ...labelled(change, written.template, live) };
  const start = (etag: string | undefined) =>
    live ? kind.update({ ...body, name: pathOf(name), etag }, maskOf(body)) : kind.create(context.parent, name, body);
  const look = lookAgain(workloads, name, call, (now) => {
    if (now?.latestCreated === revision) return "landed";
    return now?.generation === generation ? "unchanged" : changedMessage(name);
  });
  return writeResource(context, { etag: live?.etag, start, look }, call);
}

async function setShares<Spec, Json extends ResourceJson>(
  workloads: Workloads<Spec, Json>,
  { name, shares }: { readonly name: string; readonly shares: readonly Share[] },
  call: Call,
): Promise<Settlement> {
  const { kind, context, pathOf } = workloads;
  const json = await readJson(workloads, name, call);
  if (!json) throw new DeployError("not-found", { subject: call.subject, message: `"${name}" does not exist` });
  const before = kind.read(json).shares;
  const body = kind.writeShares(shares);
  const start = (etag: string | undefined) => kind.update({ ...body, name: pathOf(name), etag }, maskOf(body));
  const look = lookAgain(workloads, name, call, (now) => {
    if (now && sameShares(now.shares, shares)) return "landed";
    if (now && sameShares(now.shares, before)) return "unchanged";
    return `its shares were set by somebody else at the same time: ${describeShares(before)} → ${describeShares(now?.shares ?? [])}`;
  });
  return writeResource(context, { etag: json.etag, start, look }, call);
}

/** Reads the resource once more and judges it; a text is how it was changed by somebody else. */
const lookAgain =
  <Spec, Json extends ResourceJson>(
    workloads: Workloads<Spec, Json>,
    name: string,
    call: Call,
    judge: (now: LiveWorkload<Spec> | undefined) => "landed" | "unchanged" | string,
  ) =>
  async (): Promise<Overtaken> => {
    const json = await readJson(workloads, name, call);
    const live = json && workloads.kind.read(json);
    const verdict = judge(live);
    if (verdict === "landed" && live) return { is: "landed", seen: seenOf(live) };
    return verdict === "unchanged" ? { is: "unchanged", etag: json?.etag } : { is: "changed", message: verdict };
  };

/** The labels of a release, on the resource and on the revision that it makes. */
const labelled = (
  { labels, revision }: Pick<WorkloadChange<unknown>, "labels" | "revision">,
  template: object,
  live: ResourceJson | undefined,
): ResourceBody => ({
  labels: { ...live?.labels, ...labels },
  template: { ...pick(live?.template, keptTemplateFields), ...template, labels, revision },
});

/** In JSON's spelling: the client puts the paths into the query as they are. */
const maskOf = (body: ResourceBody): { readonly paths: string[] } => ({ paths: Object.keys(body) });
