// Everything that is provisioned, but buckets and what runs.

import type { Api } from "../../src/google/transport.ts";
import { databaseUrl, readDatabase } from "../../src/provision/cloud-sql.ts";
import type { Guarded } from "../../src/provision/grants.ts";
import { readRedis, redisUrl } from "../../src/provision/memorystore.ts";
import { observeApis } from "../../src/provision/observe-provision.ts";
import { readPolicy } from "../../src/provision/policy.ts";
import { pollUntil } from "../../src/provision/polling.ts";
import { createRest } from "../../src/provision/rest.ts";
import { generateSecret } from "../../src/secret/generate-secret.ts";
import { accessVersion, addVersion, createSecret, readVersions } from "../../src/secret/secret-versions.ts";
import type { Act, Place } from "./acts.ts";
import { pushTinyImage, tinyRepository } from "./tiny-image.ts";

type Where = "own" | "shop";
const within = (place: Place, where: Where) => {
  const { stack, target } = where === "own" ? place : place.shop;
  return { stack, target, environment: stack.environment, rest: createRest(target.google.transport) };
};

const policyOf = (resource: Guarded, { shop, call }: Place) =>
  readPolicy(shop.target.google.transport, resource, shop.stack.environment, call);

/** Members that no place has added: other faults strike the same policy meanwhile. */
export const readsPolicy = (resource: Guarded): Act => ({
  reads: async (place) => {
    const policy = await policyOf(resource, place);
    const members = policy?.bindings.flatMap((binding) => binding.members) ?? [];
    return members.filter((member) => !member.startsWith("user:fault-")).toSorted();
  },
});

/** A binding of the place's own account, on what a whole life has left. */
export const grantOn = (resource: Guarded, role: string): Act => {
  const memberOf = ({ id }: Place): string => `user:${id}@example.com`;
  return {
    does: (place) =>
      place.perform({ do: "grant", resource, bindings: [{ role, member: memberOf(place) }], fresh: false }, "shop"),
    made: async (place) => {
      const policy = await policyOf(resource, place);
      const members = policy?.bindings.flatMap((binding) => (binding.role === role ? binding.members : [])) ?? [];
      return members.filter((member) => member === memberOf(place)).length;
    },
  };
};

const exists = async (place: Place, api: Api, path: string, where: Where = "own"): Promise<number> =>
  (await within(place, where).rest.get(api, path, place.call)) === undefined ? 0 : 1;
const reads = (api: Api, path: string): Act => ({
  reads: ({ shop, call }) => createRest(shop.target.google.transport).get(api, path, call),
});

const region = "europe-west1";
const accountOf = (project: string): string => `shop-runtime@${project}.iam.gserviceaccount.com`;
const repositoryPath = (project: string, name: string): string =>
  `/v1/projects/${project}/locations/${region}/repositories/${name}`;
const createRepository = (place: Place) =>
  place.perform({ do: "create-repository", name: place.stack.registry.repository });
const apis = ["run.googleapis.com", "iam.googleapis.com"];

const secretPlace = ({ stack, target }: Pick<Place, "stack" | "target">) => ({
  project: stack.environment.project,
  target,
});
const versionsOf = async (place: Place): Promise<number> =>
  (await readVersions(secretPlace(place), "KEY", place.call))?.length ?? 0;

/** A database or user of the place's name, in the shop's instance. */
const databaseOf = ({ id, shop }: Place) => {
  const { database } = shop.stack;
  if (!database) throw new Error("there is no database");
  return { ...database, name: id, user: id };
};
const liveDatabase = (place: Place) => {
  const { rest, environment } = within(place, "shop");
  return readDatabase(rest, environment.project, databaseOf(place), place.call);
};
/** When nothing is under way on the instance any more. */
const settledDatabase = async (place: Place) => {
  const { rest } = within(place, "shop");
  const path = `/sql/v1beta4/projects/shop-local/operations?instance=${databaseOf(place).instance}`;
  await pollUntil(
    async () => {
      const { items = [] } = (await rest.get("sqladmin", path, place.call)) as SqlOperations;
      return items.every(({ status }) => status === "DONE");
    },
    { deadlineMs: 60_000 },
    place.runtime,
    place.call,
  );
  return liveDatabase(place);
};
type SqlOperations = { readonly items?: readonly { readonly status: string }[] };
const createDatabase: Act = {
  alone: true,
  does: (place) => place.perform({ do: "create-database", database: databaseOf(place) }, "shop"),
  made: async (place) => ((await settledDatabase(place))?.hasDatabase ? 1 : 0),
};
const createUser: Act = {
  alone: true,
  before: async (place) => {
    const { shop, id, call } = place;
    await createSecret(secretPlace(shop), id, call);
    await addVersion(secretPlace(shop), id, databaseUrl(databaseOf(place), generateSecret("password")), call);
  },
  does: (place) => place.perform({ do: "create-user", database: databaseOf(place), secret: place.id }, "shop"),
  made: async (place) => ((await settledDatabase(place))?.hasUser ? 1 : 0),
};
const readsDatabase: Act = { reads: liveDatabase };
const instanceOf = (place: Place) => ({ ...databaseOf(place), instance: place.id });

const redisOf = ({ id }: Place) => ({ kind: "memorystore", instance: id }) as const;
const createRedis: Act = {
  does: (place) => place.perform({ do: "create-redis", redis: redisOf(place) }),
  made: async (place) => {
    const { rest, environment } = within(place, "own");
    return (await readRedis(rest, environment, redisOf(place), place.call)) ? 1 : 0;
  },
};
const shopRedis = async (place: Place) => {
  const { rest, stack, environment } = within(place, "shop");
  const live = stack.redis && (await readRedis(rest, environment, stack.redis, place.call));
  if (!stack.redis || !live) throw new Error("there is no Redis");
  return { rest, environment, redis: stack.redis, live };
};
const pushImage: Act = {
  before: createRepository,
  does: (place) => pushTinyImage(place),
  made: async ({ target, stack, call }) =>
    (await target.registry.digestOf(tinyRepository(stack), "1", call)) === undefined ? 0 : 1,
};

export const platformActs = {
  "serviceusage.services.batchGet": {
    reads: async ({ shop, call }) => [...(await observeApis({ ...shop, signal: call.signal }, apis))],
  },
  "serviceusage.services.batchEnable": {
    does: (place) => place.perform({ do: "enable-apis", apis }),
    made: async (place) => (await observeApis({ ...place, signal: place.call.signal }, apis)).size / apis.length,
  },
  "cloudresourcemanager.projects.getIamPolicy": readsPolicy({ on: "project", name: "shop-local" }),
  "cloudresourcemanager.projects.setIamPolicy": grantOn({ on: "project", name: "shop-local" }, "roles/run.viewer"),
  "iam.projects.serviceAccounts.get": reads(
    "iam",
    `/v1/projects/shop-local/serviceAccounts/${accountOf("shop-local")}`,
  ),
  "iam.projects.serviceAccounts.create": {
    does: (place) => place.perform({ do: "create-account", email: accountOf(place.id), displayName: "runtime" }),
    made: (place) => exists(place, "iam", `/v1/projects/${place.id}/serviceAccounts/${accountOf(place.id)}`),
  },
  "iam.projects.serviceAccounts.getIamPolicy": readsPolicy({ on: "account", name: accountOf("shop-local") }),
  "iam.projects.serviceAccounts.setIamPolicy": grantOn(
    { on: "account", name: accountOf("shop-local") },
    "roles/iam.serviceAccountUser",
  ),
  "google.devtools.artifactregistry.v1.ArtifactRegistry.GetRepository": reads(
    "artifactregistry",
    repositoryPath("shop-local", "shop-backend"),
  ),
  "google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository": {
    does: createRepository,
    made: (place) => exists(place, "artifactregistry", repositoryPath(place.id, place.stack.registry.repository)),
  },
  "google.devtools.artifactregistry.v1.ArtifactRegistry.GetIamPolicy": readsPolicy({
    on: "repository",
    name: "shop-backend",
  }),
  "google.devtools.artifactregistry.v1.ArtifactRegistry.SetIamPolicy": grantOn(
    { on: "repository", name: "shop-backend" },
    "roles/artifactregistry.reader",
  ),
  "oci.distribution.v1.HeadManifest": {
    reads: ({ shop, call }) => shop.target.registry.digestOf(`${shop.stack.registry.path}/placeholder`, "latest", call),
  },
  "oci.distribution.v1.HeadBlob": pushImage,
  "oci.distribution.v1.StartUpload": pushImage,
  "oci.distribution.v1.FinishUpload": pushImage,
  "oci.distribution.v1.PutManifest": pushImage,
  "google.cloud.secretmanager.v1.SecretManagerService.GetSecret": reads(
    "secretmanager",
    "/v1/projects/shop-local/secrets/KEY",
  ),
  "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret": {
    does: (place) => place.perform({ do: "create-secret", name: "KEY" }),
    made: (place) => exists(place, "secretmanager", `/v1/projects/${place.id}/secrets/KEY`),
  },
  "google.cloud.secretmanager.v1.SecretManagerService.ListSecretVersions": {
    reads: ({ shop, call }) => shop.target.secrets.newestVersion("TOKEN", call),
  },
  "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion": {
    reads: async ({ shop, call }) => (await accessVersion(secretPlace(shop), "TOKEN", "1", call)).reveal(),
  },
  "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion": {
    before: (place) => createSecret(secretPlace(place), "KEY", place.call),
    does: (place) => place.perform({ do: "generate-secret", name: "KEY", format: "password", existed: true }),
    made: versionsOf,
  },
  "google.cloud.secretmanager.v1.SecretManagerService.GetIamPolicy": readsPolicy({ on: "secret", name: "KEY" }),
  "google.cloud.secretmanager.v1.SecretManagerService.SetIamPolicy": grantOn(
    { on: "secret", name: "KEY" },
    "roles/secretmanager.secretAccessor",
  ),
  "sql.instances.get": readsDatabase,
  "sql.databases.list": readsDatabase,
  "sql.users.list": readsDatabase,
  "sql.instances.insert": {
    does: (place) => place.perform({ do: "create-instance", database: instanceOf(place) }),
    made: async (place) => {
      const { rest, environment } = within(place, "own");
      return (await readDatabase(rest, environment.project, instanceOf(place), place.call)) ? 1 : 0;
    },
  },
  "sql.databases.insert": createDatabase,
  "sql.operations.get": createUser,
  "sql.users.insert": createUser,
  "redis.projects.locations.instances.get": { reads: async (place) => (await shopRedis(place)).live },
  "redis.projects.locations.instances.getAuthString": {
    reads: async (place) => {
      const { rest, environment, redis: instance, live } = await shopRedis(place);
      return (await redisUrl(rest, environment, instance, live, place.call)).reveal();
    },
  },
  "redis.projects.locations.instances.create": createRedis,
  "redis.projects.locations.operations.get": createRedis,
  "logging.entries.list": {
    reads: async ({ shop, call }) =>
      (await shop.target.logs.read({ kind: "job", name: "shop-migrate", limit: 10 }, call)).length,
  },
} satisfies Readonly<Record<string, Act>>;
