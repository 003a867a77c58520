// Everything that a stack needs, looked at by parallel reads. Writes nothing.
import type { Stack } from "@slipway/config";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import type { Call } from "../target.ts";
import { bucketsOf, readBucket } from "./buckets.ts";
import { readDatabase } from "./cloud-sql.ts";
import { deployerAccount, type Guarded, grantsOf } from "./grants.ts";
import { readRedis } from "./memorystore.ts";
import { type Policy, readPolicy } from "./policy.ts";
import { guardedKey, type Observed } from "./provision-types.ts";
import { createRest, type Rest } from "./rest.ts";

export type ObserveOptions = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly signal: AbortSignal;
};

const enabledSchema = z.object({ services: z.array(z.object({ name: z.string(), state: z.string() })).default([]) });

/** Of the given APIs, those that are enabled. https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet */
export async function observeApis(
  { stack, target, signal }: ObserveOptions,
  apis: readonly string[],
): Promise<ReadonlySet<string>> {
  const { project } = stack.environment;
  const names = apis.map((api) => `names=${encodeURIComponent(`projects/${project}/services/${api}`)}`).join("&");
  const found = await createRest(target.google.transport).get(
    "serviceusage",
    `/v1/projects/${project}/services:batchGet?${names}`,
    { signal, subject: `APIs of project ${project}` },
  );
  const { services } = enabledSchema.parse(found ?? {});
  const enabled = services.filter(({ state }) => state === "ENABLED").map(({ name }) => name);
  return new Set(enabled.map((name) => name.slice(name.lastIndexOf("/") + 1)));
}

type Observer = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly rest: Rest;
  readonly has: (api: string) => boolean;
  readonly call: (subject: string) => Call;
};

/** What belongs to an API that is not enabled cannot be asked for, and does not exist. */
export async function observe(options: ObserveOptions, apis: ReadonlySet<string>): Promise<Observed> {
  const { stack, target, signal } = options;
  const observer: Observer = {
    stack,
    target,
    rest: createRest(target.google.transport),
    has: (api) => apis.has(`${api}.googleapis.com`),
    call: (what) => ({ signal, subject: `${what} in ${stack.environment.name}` }),
  };
  const [buckets, repository, accounts, secrets, database, redis, services, reads] = await Promise.all([
    observeBuckets(observer),
    observeRepository(observer),
    observeAccounts(observer),
    observeSecrets(observer),
    observeDatabase(observer),
    observeRedis(observer),
    observeServices(observer),
    observePolicies(observer),
  ]);
  const found = { buckets, repository, accounts, secrets, database, redis, services };
  return { apis, ...found, policies: policiesOf(reads, found) };
}

async function observeBuckets({ stack, rest, has, call }: Observer): Promise<Observed["buckets"]> {
  if (!has("storage")) return new Map();
  const read = bucketsOf(stack).map(
    async (spec) => [spec.name, await readBucket(rest, spec, call(`bucket ${spec.name}`))] as const,
  );
  return new Map(await Promise.all(read));
}

const repositorySchema = z.object({
  cleanupPolicies: z.record(z.string(), z.object({ action: z.string().optional() })).default({}),
  cleanupPolicyDryRun: z.boolean().default(false),
});

async function observeRepository({ stack, rest, has, call }: Observer): Promise<Observed["repository"]> {
  if (!has("artifactregistry")) return undefined;
  const { project, region } = stack.environment;
  const { repository } = stack.registry;
  const path = `/v1/projects/${project}/locations/${region}/repositories/${repository}`;
  const found = await rest.get("artifactregistry", path, call(`repository ${repository}`));
  if (found === undefined) return undefined;
  const { cleanupPolicies, cleanupPolicyDryRun } = repositorySchema.parse(found);
  return { deletes: !cleanupPolicyDryRun && Object.values(cleanupPolicies).some(({ action }) => action === "DELETE") };
}

export const accountsOf = (stack: Stack): readonly string[] => [stack.runtimeAccount, deployerAccount(stack)];

async function observeAccounts({ stack, rest, has, call }: Observer): Promise<ReadonlySet<string>> {
  if (!has("iam")) return new Set();
  const { project } = stack.environment;
  const found = await Promise.all(
    accountsOf(stack).map(async (email) => {
      const path = `/v1/projects/${project}/serviceAccounts/${email}`;
      return (await rest.get("iam", path, call(`account ${email}`))) === undefined ? [] : [email];
    }),
  );
  return new Set(found.flat());
}

const apiOf: Readonly<Record<Guarded["on"], string>> = {
  project: "cloudresourcemanager",
  account: "iam",
  repository: "artifactregistry",
  bucket: "storage",
  secret: "secretmanager",
  service: "run",
};

async function observePolicies({ stack, target, has, call }: Observer): Promise<ReadonlyMap<string, PolicyRead>> {
  const resources = new Map(grantsOf(stack).map(({ resource }) => [guardedKey(resource), resource]));
  const read = [...resources].map(async ([key, resource]): Promise<readonly [string, PolicyRead]> => {
    if (!has(apiOf[resource.on])) return [key, { resource, policy: undefined }];
    const subject = call(`policy of ${resource.on} ${resource.name}`);
    try {
      const policy = await readPolicy(target.google.transport, resource, stack.environment, subject);
      return [key, { resource, policy }];
    } catch (error) {
      if (!(error instanceof DeployError) || error.code !== "permission-denied") throw error;
      return [key, { resource, policy: undefined, denied: error }];
    }
  });
  return new Map(await Promise.all(read));
}

type PolicyRead = {
  readonly resource: Guarded;
  readonly policy: Policy | undefined;
  /** IAM says this also of what does not exist: "or it may not exist". */
  readonly denied?: DeployError;
};

type Found = Omit<Observed, "policies" | "apis">;

/** @throws the refusal of a policy whose resource does exist. */
function policiesOf(reads: ReadonlyMap<string, PolicyRead>, found: Found): Observed["policies"] {
  const refused = [...reads.values()].find(
    ({ resource, denied }) => denied && exists[resource.on](resource.name, found),
  );
  if (refused?.denied) throw refused.denied;
  return new Map([...reads].map(([key, { policy }]) => [key, policy]));
}

const exists: { readonly [On in Guarded["on"]]: (name: string, found: Found) => boolean } = {
  project: () => true,
  account: (name, { accounts }) => accounts.has(name),
  repository: (_name, { repository }) => repository !== undefined,
  bucket: (name, { buckets }) => buckets.get(name) !== undefined,
  secret: (name, { secrets }) => secrets.has(name),
  service: (name, { services }) => services.has(name),
};

async function observeSecrets({ stack, target, rest, has, call }: Observer): Promise<Observed["secrets"]> {
  if (!has("secretmanager")) return new Map();
  const { project } = stack.environment;
  const found = await Promise.all(
    stack.secrets.map(async ({ name }) => {
      const about = call(`secret "${name}"`);
      const version = await target.secrets.newestVersion(name, about);
      if (version !== undefined) return [[name, version] as const];
      // No version: is there at least the secret?
      const exists = (await rest.get("secretmanager", `/v1/projects/${project}/secrets/${name}`, about)) !== undefined;
      return exists ? [[name, undefined] as const] : [];
    }),
  );
  return new Map(found.flat());
}

async function observeDatabase({ stack, rest, has, call }: Observer): Promise<Observed["database"]> {
  const { database, environment } = stack;
  if (!database || !has("sqladmin")) return undefined;
  return readDatabase(rest, environment.project, database, call(`database ${database.instance}`));
}

async function observeRedis({ stack, rest, has, call }: Observer): Promise<Observed["redis"]> {
  const { redis, environment } = stack;
  if (redis?.kind !== "memorystore" || !has("redis")) return undefined;
  return readRedis(rest, environment, redis, call(`Redis ${redis.instance}`));
}

const serviceSchema = z.object({ invokerIamDisabled: z.boolean().default(false) });

async function observeServices({ stack, rest, has, call }: Observer): Promise<Observed["services"]> {
  if (!has("run")) return new Map();
  const { project, region } = stack.environment;
  const found = await Promise.all(
    stack.units.map(async (unit) => {
      if (unit.kind !== "service") return [];
      const path = `/v2/projects/${project}/locations/${region}/services/${unit.resource}`;
      const live = await rest.get("run", path, call(`service "${unit.name}"`));
      return live === undefined ? [] : [[unit.resource, serviceSchema.parse(live)] as const];
    }),
  );
  return new Map(found.flat());
}
