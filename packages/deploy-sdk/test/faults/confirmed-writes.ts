// Writes of every kind that a deploy makes, by the SDK's own clients, and what a cloud has confirmed of them. Each thing
// that is written holds a number: what is found later is no less than what was confirmed, and no more than what was sent.
import type { Stack } from "@slipway/config";
import type { GoogleTarget } from "../../src/google/create-target.ts";
import { createBucket, readBucket } from "../../src/provision/buckets.ts";
import { addBindings, readPolicy } from "../../src/provision/policy.ts";
import { createRest } from "../../src/provision/rest.ts";
import { SecretValue } from "../../src/secret/secret-value.ts";
import { accessVersion, addVersion, createSecret } from "../../src/secret/secret-versions.ts";
import type { Call, ContainerSpec } from "../../src/target.ts";
import type { Runtime } from "../../src/types.ts";
import { pushTinyImage, tinyRepository } from "./tiny-image.ts";

/** A cloud that can be asked now. */
export type Session = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly call: Call;
  readonly runtime: Runtime;
};

export type Kind = {
  /** So many names, used in turn: a small number is overwritten again and again. */
  readonly names: number;
  readonly write: (session: Session, name: string, value: number) => Promise<unknown>;
  /** undefined: it is not there. */
  readonly read: (session: Session, name: string) => Promise<number | undefined>;
};

const many = Number.POSITIVE_INFINITY;
const stateBucket = ({ stack }: Session): string => stack.environment.stateBucket;
const storeOf = (session: Session) => session.target.objects(stateBucket(session), session.call.subject);

async function put(session: Session, name: string, content: string): Promise<void> {
  const store = storeOf(session);
  const ifGenerationMatch = (await store.head(name))?.generation ?? "0";
  const outcome = await store.put({ name, content: Buffer.from(content), headers: {}, ifGenerationMatch });
  if (!outcome.written) throw new Error(`${name} was written by another`);
}

async function numberIn(session: Session, name: string): Promise<number | undefined> {
  const found = await storeOf(session).get(name);
  if (!found) return undefined;
  const [first = "", ...rest] = Buffer.from(found.bytes).toString().trim().split(" ");
  if (rest.some((word) => word !== first)) throw new Error(`${name} is of two writes`);
  return Number(first);
}

const objects = (names: number, repeats: number): Kind => ({
  names,
  write: (session, name, value) => put(session, `${repeats}/${name}`, `${value} `.repeat(repeats)),
  read: (session, name) => numberIn(session, `${repeats}/${name}`),
});

const container = ({ stack }: Session, value: number): ContainerSpec => ({
  ...{ image: `${tinyRepository(stack)}@sha256:${"0".repeat(64)}`, command: [], args: [], secrets: {}, cloudSql: [] },
  ...{ env: { N: String(value) }, cpu: 1, memoryMb: 512, serviceAccount: stack.runtimeAccount },
});
type Live = { readonly spec: { readonly container: ContainerSpec } } | undefined;
const numberOf = (live: Live): number | undefined => live && Number(live.spec.container.env["N"]);

const accountOf = (name: string, { stack }: Session): string =>
  `${name}@${stack.environment.project}.iam.gserviceaccount.com`;
const existing = (value: unknown): number | undefined => (value === undefined ? undefined : many);

export const kinds = {
  "an object": objects(5, 20),
  "an object in a file": objects(3, 60_000),
  "an object that is deleted": {
    names: many,
    write: async (session, name) => {
      await put(session, `gone/${name}`, "1");
      const { generation = "" } = (await storeOf(session).head(`gone/${name}`)) ?? {};
      await storeOf(session).delete({ name: `gone/${name}`, ifGenerationMatch: generation });
    },
    read: async (session, name) => ((await storeOf(session).head(`gone/${name}`)) ? undefined : many),
  },
  headers: {
    names: 4,
    write: async (session, name, value) => {
      const store = storeOf(session);
      if (!(await store.head(`headers/${name}`))) await put(session, `headers/${name}`, "1");
      const { generation = "", metageneration = "" } = (await store.head(`headers/${name}`)) ?? {};
      await store.patch({
        ...{ name: `headers/${name}`, generation, ifMetagenerationMatch: metageneration },
        headers: { metadata: { n: String(value) } },
      });
    },
    read: async (session, name) => {
      const known = await storeOf(session).head(`headers/${name}`);
      return known?.metadata?.["n"] === undefined ? undefined : Number(known.metadata["n"]);
    },
  },
  "a document of the state": {
    names: 3,
    write: async ({ target, call }, name, value) => {
      const { generation } = await target.state.read(name, call);
      const written = await target.state.write({ name, value, ifGeneration: generation }, call);
      if (written === undefined) throw new Error(`${name} was written by another`);
    },
    read: async ({ target, call }, name) => {
      const { value } = await target.state.read(name, call);
      return value === undefined ? undefined : Number(value);
    },
  },
  "a secret's version": {
    names: 3,
    write: async ({ target, stack, call }, name, value) => {
      const place = { project: stack.environment.project, target };
      await createSecret(place, name, call);
      await addVersion(place, name, new SecretValue(String(value)), call);
    },
    read: async ({ target, stack, call }, name) => {
      const version = await target.secrets.newestVersion(name, call);
      if (version === undefined) return undefined;
      const place = { project: stack.environment.project, target };
      return Number((await accessVersion(place, name, version, call)).reveal());
    },
  },
  "an image": {
    names: 3,
    write: (session, name, value) => pushTinyImage(session, { tag: name, label: String(value) }),
    read: async ({ target, stack, call }, name) => {
      const path = `/v2/${stack.environment.project}/${stack.registry.repository}/tiny`;
      const ask = async (what: string) => {
        const request = { api: "registry", method: "GET", path: `${path}/${what}`, expect: [404], ...call } as const;
        const answer = await target.google.transport.request(request);
        return answer.status === 404 ? undefined : answer.json<ImageJson>();
      };
      const manifest = await ask(`manifests/${name}`);
      if (!manifest) return undefined;
      return Number((await ask(`blobs/${manifest.config?.digest}`))?.author);
    },
  },
  "a service": {
    names: 2,
    write: async (session, name, value) => {
      const { target, call } = session;
      const live = await target.services.get(name, call);
      const rest = { concurrency: 1, timeoutS: 60, min: 0, max: 1, cpuAlways: false };
      const probes = { startup: undefined, liveness: undefined };
      await target.services.apply(
        {
          ...{ name, revision: `${name}-r${value}`, labels: {}, shares: undefined, generation: live?.generation },
          spec: { container: container(session, value), ...rest, ...probes },
        },
        call,
      );
    },
    read: async ({ target, call }, name) => numberOf(await target.services.get(name, call)),
  },
  "a job": {
    names: 2,
    write: async (session, name, value) => {
      const { target, call } = session;
      const generation = (await target.jobs.get(name, call))?.generation;
      const spec = { container: container(session, value), timeoutS: 60, retries: 0 };
      await target.jobs.apply({ name, spec, labels: {}, generation }, call);
    },
    read: async ({ target, call }, name) => numberOf(await target.jobs.get(name, call)),
  },
  "a bucket": {
    names: many,
    write: ({ target, stack, call }, name) =>
      createBucket(createRest(target.google.transport), stack.environment.project, bucketSpec(name), call),
    read: async ({ target, call }, name) =>
      existing(await readBucket(createRest(target.google.transport), bucketSpec(name), call)),
  },
  "an account and what it may do": {
    names: many,
    write: async (session, name) => {
      const { target, stack, call, runtime } = session;
      const { environment } = stack;
      const path = `/v1/projects/${environment.project}/serviceAccounts`;
      await createRest(target.google.transport).post("iam", path, { accountId: name }, call);
      const grant = { resource: { on: "project", name: environment.project }, fresh: false } as const;
      const bindings = [{ role: "roles/run.viewer", member: `serviceAccount:${accountOf(name, session)}` }];
      await addBindings(target.google.transport, { ...grant, bindings }, environment, runtime, call);
    },
    read: async (session, name) => {
      const { target, stack, call } = session;
      const { environment } = stack;
      const path = `/v1/projects/${environment.project}/serviceAccounts/${accountOf(name, session)}`;
      const account = await createRest(target.google.transport).get("iam", path, call);
      const resource = { on: "project", name: environment.project } as const;
      const policy = await readPolicy(target.google.transport, resource, environment, call);
      const members = policy?.bindings.flatMap((binding) => binding.members) ?? [];
      return members.includes(`serviceAccount:${accountOf(name, session)}`) ? existing(account) : undefined;
    },
  },
} satisfies Readonly<Record<string, Kind>>;
export type KindName = keyof typeof kinds;

/** What the writes are made in. */
export async function prepare(session: Session): Promise<void> {
  const { target, stack, call } = session;
  const { project, region } = stack.environment;
  const repositories = `/v1/projects/${project}/locations/${region}/repositories`;
  const query = `repositoryId=${stack.registry.repository}`;
  const rest = createRest(target.google.transport);
  await rest.post("artifactregistry", `${repositories}?${query}`, { format: "DOCKER" }, call);
  await createBucket(rest, project, bucketSpec(stateBucket(session)), call);
}

const bucketSpec = (name: string) => ({ name, location: "europe-west1", open: false, mainPage: undefined });
type ImageJson = { readonly config?: { readonly digest: string }; readonly author?: string };
