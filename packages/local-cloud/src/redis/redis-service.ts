// Memorystore for Redis v1. https://cloud.google.com/memorystore/docs/redis/reference/rest
import type { JsonObject } from "../json/json-object.ts";
import { type JsonHandler, jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import {
  createOperations,
  emptyResponse,
  type Operation,
  type Operations,
  toOperationError,
} from "../operations/operations.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { ignoredFields } from "../server/field-support.ts";
import { GoogleError } from "../server/google-error.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudContext, CloudService, HttpMethod, Route } from "../server/types.ts";
import { parseNewInstance, patchInstance, type RedisInstance, renderInstance } from "./redis-instance.ts";
import { createRedisInstances, type RedisInstances } from "./redis-instances.ts";
import { redisSupport } from "./redis-support.ts";

export type Redis = {
  readonly service: CloudService;
  /** Stops and starts servers without Memorystore knowing, as an outage would. */
  readonly control: CloudService;
};

type RedisContext = {
  readonly cloud: CloudContext;
  readonly projects: Projects;
  readonly instances: RedisInstances;
  readonly operations: Operations;
  /** Work in the background, waited for when the cloud stops. */
  readonly running: Set<Promise<void>>;
};

export type RedisOptions = {
  readonly projects: Projects;
  /** Value of REDIS_URL in the cloud's own environment. */
  readonly redisUrl: string | undefined;
};

export function createRedis(cloud: CloudContext, { projects, redisUrl }: RedisOptions): Redis {
  const instances = createRedisInstances(cloud, parseRedisUrl(redisUrl));
  const operations = createOperations(cloud.store, "redis");
  const context: RedisContext = { cloud, projects, instances, operations, running: new Set() };
  return {
    control: { api: "local", routes: controlRoutes(instances) },
    service: {
      api: "redis.googleapis.com",
      routes: [...redisRoutes(context), ...operations.routes],
      ignoredFields: ignoredFields({ Instance: redisSupport }),
      start: () => bringBack(context),
      stop: async () => {
        await instances.stop();
        await Promise.all(context.running);
        await instances.stop();
      },
    },
  };
}

function parseRedisUrl(text: string | undefined): URL | undefined {
  const url = text ? URL.parse(text) : null;
  return url && /^rediss?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

const collection = "/v1/{parent=projects/*/locations/*}/instances";
const single = "/v1/{name=projects/*/locations/*/instances/*}";
const rpc = (name: string): string => `redis.projects.locations.instances.${name}`;

function redisRoutes(context: RedisContext): readonly Route[] {
  const route = (method: HttpMethod, template: string, name: string, handle: JsonHandler): Route =>
    jsonRoute({ method, template, rpc: rpc(name), permission: `redis.instances.${name}` }, handle);
  return [
    route("POST", collection, "create", (request, body) =>
      create(context, request.params["parent"] ?? "", request.query.get("instanceId") ?? "", body),
    ),
    route("GET", collection, "list", ({ params, query }) => list(context, params["parent"] ?? "", query)),
    route("GET", single, "get", ({ params }) => renderInstance(context.instances.find(params["name"] ?? ""))),
    route("GET", `${single}/authString`, "getAuthString", ({ params }) => getAuthString(context, params["name"] ?? "")),
    route("PATCH", single, "update", ({ params, query }, body) =>
      update(context, params["name"] ?? "", query.get("updateMask") ?? "", body),
    ),
    route("DELETE", single, "delete", ({ params }) => remove(context, params["name"] ?? "")),
    ...["upgrade", "import", "export", "failover", "rescheduleMaintenance"].map((verb) =>
      notImplemented({ method: "POST", template: `${single}:${verb}`, rpc: rpc(verb) }),
    ),
  ];
}

/** `/_local/redis/INSTANCE:stop` and `:start`, by the full name or its last part where only one instance has it. */
function controlRoutes(instances: RedisInstances): readonly Route[] {
  const serverOf = (given: string) => {
    const found = instances.list("").filter(({ name }) => name === given || name.endsWith(`/${given}`));
    const [only, second] = found;
    if (!only || second) throw new GoogleError("NOT_FOUND", `There is no one Redis instance "${given.slice(0, 200)}".`);
    const server = instances.serverOf(only.name);
    if (server) return server;
    throw new GoogleError("FAILED_PRECONDITION", "The server that REDIS_URL names cannot be stopped from here.");
  };
  const route = (verb: "stop" | "start"): Route =>
    jsonRoute(
      { method: "POST", template: `/_local/redis/{name=**}:${verb}`, rpc: `local.redis.${verb}`, write: false },
      async ({ params }) => {
        await serverOf(params["name"] ?? "")[verb]();
        return {};
      },
    );
  return [route("stop"), route("start")];
}

type Verb = "create" | "update" | "delete";

/** Asks for an operation and goes on with it in the background. */
function begin(context: RedisContext, name: string, verb: Verb): Operation {
  const { operations, cloud } = context;
  const metadata = {
    "@type": "type.googleapis.com/google.cloud.redis.v1.OperationMetadata",
    ...{ createTime: cloud.now().toISOString(), target: name, verb, apiVersion: "v1" },
  };
  const operation = operations.start(name.split("/").slice(0, 4).join("/"), metadata);
  goOn(context, operation, name, verb);
  return operation;
}

function goOn(context: RedisContext, operation: Operation, name: string, verb: Verb): void {
  const { operations, instances, running, cloud } = context;
  const execution = perform(context, name, verb)
    .then(
      (response) => void operations.succeed(operation, response),
      async (error: unknown) => {
        if (cloud.signal.aborted) return;
        cloud.log(`redis: ${verb} of "${name}" failed: ${String(error)}`);
        // Memorystore has no state for it: what could not be made is not there.
        if (verb === "create") await instances.remove(name);
        else if (instances.exists(name)) instances.put({ ...instances.find(name), state: "FAILED" });
        const known = error instanceof GoogleError ? error : new GoogleError("INTERNAL", String(error));
        operations.fail(operation, toOperationError(known));
      },
    )
    .finally(() => running.delete(execution));
  running.add(execution);
}

async function perform({ instances, cloud }: RedisContext, name: string, verb: Verb): Promise<JsonObject> {
  // Whoever asked for it first records what it is about.
  await Promise.resolve();
  const fault = cloud.takeFault("operation-failure", rpc(verb));
  if (fault) throw new GoogleError("INTERNAL", fault.message);
  if (verb === "delete") {
    if (instances.exists(name)) await instances.remove(name);
    return emptyResponse;
  }
  const server = instances.serverOf(name);
  if (verb === "update") await server?.stop();
  await server?.start();
  const ready: RedisInstance = { ...instances.find(name), state: "READY" };
  instances.put(ready);
  return { "@type": "type.googleapis.com/google.cloud.redis.v1.Instance", ...renderInstance(ready) };
}

async function create(context: RedisContext, given: string, id: string, body: JsonObject): Promise<Operation> {
  const { instances, projects, cloud } = context;
  // A folder is named for the project: only a well-formed one may pass.
  const [, project = "", , location = ""] = given.split("/");
  const parent = `projects/${projects.resolve(project).projectId}/locations/${location}`;
  const asked = parseNewInstance(parent, id, body, await instances.installedVersion());
  refuseExisting(instances, asked.name);
  const place = await instances.place();
  refuseExisting(instances, asked.name);
  const operation = begin(context, asked.name, "create");
  const authEnabled = instances.authEnabled(asked.authEnabled);
  instances.put({ ...asked, ...place, authEnabled, state: "CREATING", createTime: cloud.now().toISOString() });
  return operation;
}

function refuseExisting(instances: RedisInstances, name: string): void {
  if (instances.exists(name)) throw new GoogleError("ALREADY_EXISTS", `Resource '${name}' already exists`);
}

function list({ instances }: RedisContext, parent: string, query: URLSearchParams): JsonObject {
  // `locations/-`: of every location.
  const prefix = parent.endsWith("/locations/-") ? parent.slice(0, -1) : `${parent}/`;
  const request = { pageSize: query.get("pageSize"), pageToken: query.get("pageToken") };
  const page = takePage(instances.list(prefix), ({ name }) => name, request, { size: 100, max: 1_000 });
  return { instances: page.items.map(renderInstance), nextPageToken: page.nextPageToken };
}

function getAuthString({ instances }: RedisContext, name: string): JsonObject {
  const { authEnabled } = instances.find(name);
  return authEnabled ? { authString: instances.authString(name) } : {};
}

function update(context: RedisContext, name: string, mask: string, body: JsonObject): Operation {
  const instance = requireReady(context.instances.find(name));
  const patched = patchInstance(instance, body, mask.split(",").filter(Boolean));
  const operation = begin(context, name, "update");
  context.instances.put({ ...patched, state: "UPDATING" });
  return operation;
}

function remove(context: RedisContext, name: string): Operation {
  const instance = requireReady(context.instances.find(name));
  const operation = begin(context, name, "delete");
  context.instances.put({ ...instance, state: "DELETING" });
  return operation;
}

function requireReady(instance: RedisInstance): RedisInstance {
  if (instance.state === "READY" || instance.state === "FAILED") return instance;
  throw new GoogleError("FAILED_PRECONDITION", `The instance is ${instance.state}: wait until it is READY.`);
}

/** Starts what should run, and goes on with what a killed process left undone. */
async function bringBack(context: RedisContext): Promise<void> {
  const { instances, operations, cloud } = context;
  const ready = instances.list("").filter(({ state }) => state === "READY");
  await Promise.all(
    ready.map(async ({ name }) => {
      const started = instances.serverOf(name)?.start();
      await started?.catch((error: unknown) => cloud.log(`redis: "${name}" did not start: ${String(error)}`));
    }),
  );
  for (const operation of operations.unfinished()) {
    const { target, verb } = operation.metadata;
    goOn(context, operation, String(target), verb as Verb);
  }
}
