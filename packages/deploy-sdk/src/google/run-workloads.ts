// Services and worker pools of Cloud Run: lean reads over the transport, writes and operations by Google's client.
import { sameShares } from "../container/shares.ts";
import { DeployError } from "../deploy-error.ts";
import type { Call, LiveRevision, LiveWorkload, Settlement, Share, WorkloadTarget } from "../target.ts";
import type { Runtime } from "../types.ts";
import { type Clients, settlementOf } from "./clients.ts";
import type { RevisionJson, RevisionTemplateJson } from "./run-json.ts";
import { readRevision } from "./run-specs.ts";
import type { Transport } from "./transport.ts";

/** A whole resource as a write sends it. */
export type ResourceBody = Readonly<Record<string, unknown>>;
type StartedOperation = Parameters<typeof settlementOf>[0];

/** What differs between services and worker pools. */
export type WorkloadKind<Spec, Json extends { readonly template?: RevisionTemplateJson; readonly etag?: string }> = {
  /** `services`: the collection in the API's paths. */
  readonly collection: "services" | "workerPools";
  readonly read: (json: Json) => LiveWorkload<Spec>;
  /** A revision tells nothing of what its worker pool scales to: that is taken from the pool. */
  readonly readRevisionSpec: (json: RevisionJson, live: Json | undefined) => Spec;
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
] as const;

export function pick(from: object, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const kept = new Set(fields);
  return Object.fromEntries(Object.entries(from).filter(([field]) => kept.has(field)));
}

export type RunContext = {
  /** `projects/p/locations/l` */
  readonly parent: string;
  readonly transport: Transport;
  readonly clients: Clients;
  readonly runtime: Runtime;
};

/** How often a change is looked at whose operation is not known. */
const pollMs = 500;

export function createWorkloads<
  Spec,
  Json extends { readonly template?: RevisionTemplateJson; readonly etag?: string },
>(kind: WorkloadKind<Spec, Json>, context: RunContext): WorkloadTarget<Spec> {
  const { transport, clients, runtime, parent } = context;
  const pathOf = (name: string): string => `${parent}/${kind.collection}/${name}`;

  const getJson = async <Found>(path: string, call: Call): Promise<Found | undefined> => {
    const response = await transport.request({
      api: "run",
      method: "GET",
      path: `/v2/${path}`,
      expect: [404],
      ...call,
    });
    return response.status === 404 ? undefined : response.json<Found>();
  };
  const get = async (name: string, call: Call): Promise<LiveWorkload<Spec> | undefined> => {
    const json = await getJson<Json>(pathOf(name), call);
    return json && kind.read(json);
  };

  /** A write whose answer was lost may have been applied: then what it wanted is there, on its way or done. */
  const settleLanded = async (name: string, landed: (live: LiveWorkload<Spec>) => boolean, call: Call) => {
    for (;;) {
      const live = await get(name, call);
      if (!live || !landed(live)) return undefined;
      if (live.settled) return { failure: live.readiness.state === "failed" ? live.readiness.message : undefined };
      await runtime.sleep(pollMs, call.signal);
    }
  };

  const write = async (
    name: string,
    start: () => Promise<StartedOperation>,
    landed: (live: LiveWorkload<Spec>) => boolean,
    call: Call,
  ): Promise<Settlement> => {
    try {
      return await clients.call({ ...call, idempotent: true }, async () => settlementOf(await start(), call));
    } catch (error) {
      const code = error instanceof DeployError ? error.code : undefined;
      if (code !== "conflict" && code !== "already-exists" && code !== "precondition-failed") throw error;
      const settled = await settleLanded(name, landed, call);
      if (settled) return settled;
      throw error;
    }
  };

  return {
    get,
    revision: async (name, revision, call) => {
      const json = await getJson<RevisionJson>(`${pathOf(name)}/revisions/${revision}`, call);
      if (!json) return undefined;
      const live = kind.collection === "workerPools" ? await getJson<Json>(pathOf(name), call) : undefined;
      return readRevision(json, kind.readRevisionSpec(json, live));
    },
    revisions: async (name, call): Promise<readonly LiveRevision<Spec>[]> => {
      const [page, live] = await Promise.all([
        getJson<{ readonly revisions?: readonly RevisionJson[] }>(`${pathOf(name)}/revisions?pageSize=100`, call),
        kind.collection === "workerPools" ? getJson<Json>(pathOf(name), call) : undefined,
      ]);
      const found = (page?.revisions ?? []).map((json) => readRevision(json, kind.readRevisionSpec(json, live)));
      return found.toSorted((a, b) => (b.createdAt ?? "").localeCompare(a.createdAt ?? ""));
    },
    apply: async (change, call) => {
      const live = await getJson<Json>(pathOf(change.name), call);
      assertUnchanged(change, live?.etag, call);
      const written = kind.write(change.spec, change.shares);
      const body = { ...written, ...labelled(change, written.template, live) };
      const start = live
        ? () => kind.update({ ...body, name: pathOf(change.name), etag: change.etag }, maskOf(body))
        : () => kind.create(parent, change.name, body);
      return write(change.name, start, ({ latestCreated }) => latestCreated === change.revision, call);
    },
    setShares: async ({ name, shares }, call) => {
      const live = await get(name, call);
      if (!live) throw new DeployError("not-found", { subject: call.subject, message: `"${name}" does not exist` });
      const body = kind.writeShares(shares);
      const start = () => kind.update({ ...body, name: pathOf(name), etag: live.etag }, maskOf(body));
      return write(name, start, (now) => sameShares(now.shares, shares), call);
    },
  };
}

function assertUnchanged(
  { etag, name }: { readonly etag: string | undefined; readonly name: string },
  now: string | undefined,
  { subject }: Call,
): void {
  if (etag === now) return;
  throw new DeployError("conflict", {
    subject,
    message: `"${name}" was changed by somebody else after it was looked at`,
    hint: "run it again: the plan is made anew",
    retryable: true,
  });
}

/** The labels of a release, on the resource and on the revision that it makes. */
const labelled = (
  { labels, revision }: { readonly labels: Readonly<Record<string, string>>; readonly revision: string },
  template: object,
  live: { readonly template?: RevisionTemplateJson; readonly labels?: object } | undefined,
): ResourceBody => ({
  labels: { ...live?.labels, ...labels },
  template: { ...(live?.template && pick(live.template, keptTemplateFields)), ...template, labels, revision },
});

/** In JSON's spelling: the client puts the paths into the query as they are. */
const maskOf = (body: ResourceBody): { readonly paths: string[] } => ({ paths: Object.keys(body) });
