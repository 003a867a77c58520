// Does what a plan says: one small performer for each kind of action. Each may be repeated, and finds what an earlier run
// has left.
import type { Database, Redis, Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { operationOptions, settlementOf } from "../google/clients.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import { generateSecret } from "../secret/generate-secret.ts";
import { accessVersion, createSecret, type SecretPlace } from "../secret/secret-versions.ts";
import type { Call } from "../target.ts";
import type { DeployEvent, Runtime } from "../types.ts";
import { createBucket, patchBucket } from "./buckets.ts";
import {
  databaseUrl,
  insertDatabase,
  insertInstance,
  insertUser,
  instanceDeadlineMs,
  passwordOf,
  readDatabase,
  sqlDeadlineMs,
  sqlOperation,
} from "./cloud-sql.ts";
import { createService } from "./create-service.ts";
import { brokenMessage, type FailedKind, remakeHint } from "./failed-state.ts";
import { addFirstVersion } from "./first-version.ts";
import { insertRedis, readRedis, redisDeadlineMs, redisOperation, redisUrl } from "./memorystore.ts";
import { pushPlaceholder } from "./placeholder.ts";
import { addBindings } from "./policy.ts";
import { pollUntil, retryWhile } from "./polling.ts";
import { type Action, apisId, type Step } from "./provision-types.ts";
import { createRest, type OperationWait, type Rest, waitForOperation } from "./rest.ts";

export type ApplyOptions = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly workspace: string;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly emit: (event: DeployEvent) => void;
  /** Ids of what this run itself has made so far. */
  readonly made: ReadonlySet<string>;
};

export type Performing = ApplyOptions & {
  readonly rest: Rest;
  readonly call: Call;
  readonly secrets: SecretPlace;
  /** Waits for what a write has started, and tells of it now and then. */
  readonly settle: (started: unknown, wait: OperationWait) => Promise<void>;
  /** Asks again until `ready` answers true. */
  readonly until: (ready: () => Promise<boolean>, deadlineMs: number) => Promise<void>;
};

/** False: it was there already, made by somebody else in between. */
type Performer<Do extends Action["do"]> = (
  action: Extract<Action, { readonly do: Do }>,
  given: Performing,
) => Promise<unknown>;

/** An API that was just enabled is refused for some minutes more. */
export const openingMs = 300_000;

/** @returns whether this run made it. */
export async function performStep({ action, id }: Step, options: ApplyOptions): Promise<boolean> {
  const { stack, target, runtime, signal, made } = options;
  const rest = createRest(target.google.transport);
  const call: Call = { signal, subject: `${id} in ${stack.environment.name}` };
  const waiting = (elapsedMs: number): void =>
    options.emit({ type: "log", unit: "provision", line: `${id}: ${Math.round(elapsedMs / 1000)} s` });
  const performing: Performing = {
    ...options,
    rest,
    call,
    secrets: { project: stack.environment.project, target },
    settle: (started, wait) => waitForOperation(started, { waiting, ...wait }, { rest, runtime }, call),
    until: (ready, deadlineMs) => pollUntil(ready, { deadlineMs, waiting }, runtime, call),
  };
  const performer = performers[action.do] as Performer<Action["do"]>;
  const isOpening = ({ code }: DeployError): boolean => made.has(apisId) && code === "not-provisioned";
  return (await retryWhile(isOpening, () => performer(action, performing), openingMs, runtime, call)) !== false;
}

/** What somebody else made in between is as good as what we would have made. */
async function unlessThere(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof DeployError && (error.code === "already-exists" || error.code === "conflict")) return false;
    throw error;
  }
}

const performers: { readonly [Do in Action["do"]]: Performer<Do> } = {
  "enable-apis": async ({ apis }, { rest, stack, call, settle }) => {
    const { project } = stack.environment;
    const path = `/v1/projects/${project}/services:batchEnable`;
    const started = await rest.post("serviceusage", path, { serviceIds: apis }, call);
    await settle(started, { api: "serviceusage", pathOf: (name) => `/v1/${name}`, deadlineMs: 300_000 });
  },
  "create-bucket": ({ bucket }, { rest, stack, call }) => createBucket(rest, stack.environment.project, bucket, call),
  "patch-bucket": ({ name, ...change }, { rest, call }) => patchBucket(rest, name, change, call),
  "create-repository": ({ name }, given) => unlessThere(() => createRepository(name, given)),
  "create-account": async ({ email, displayName }, { rest, stack, call }) => {
    const path = `/v1/projects/${stack.environment.project}/serviceAccounts`;
    const account = { accountId: email.slice(0, email.indexOf("@")), serviceAccount: { displayName } };
    await unlessThere(() => rest.post("iam", path, account, call));
    // Whoever has made it, it was not there when this run looked: what follows must be as patient with it.
    return true;
  },
  grant: (action, { target, stack, runtime, call }) =>
    addBindings(target.google.transport, action, stack.environment, runtime, call),
  "create-secret": ({ name }, { secrets, call }) => createSecret(secrets, name, call),
  "generate-secret": (action, given) => addFirstVersion(action, given, async () => generateSecret(action.format)),
  "create-instance": async ({ database }, given) => {
    const { rest, stack, call, settle } = given;
    const wait = sqlOperation(stack.environment.project, instanceDeadlineMs);
    const created = await unlessThere(async () =>
      settle(await insertInstance(rest, stack.environment, database, call), wait),
    );
    if (!created) await awaitInstance(database, given);
    return created;
  },
  "await-instance": ({ database }, given) => awaitInstance(database, given),
  "create-database": ({ database }, given) =>
    onceFree(given, async ({ rest, stack, call, settle }) => {
      const { project } = stack.environment;
      const there = async () => (await readDatabase(rest, project, database, call))?.hasDatabase === true;
      if (await there()) return;
      await orThere(there, async () =>
        settle(await insertDatabase(rest, project, database, call), sqlOperation(project, sqlDeadlineMs)),
      );
    }),
  "write-database-url": (action, given) =>
    addFirstVersion(action, given, async () => databaseUrl(action.database, generateSecret("password"))),
  "create-user": ({ database, secret }, given) =>
    onceFree(given, async ({ rest, stack, target, secrets, call, settle }) => {
      const { project } = stack.environment;
      const there = async () => (await readDatabase(rest, project, database, call))?.hasUser === true;
      if (await there()) return;
      const version = await target.secrets.newestVersion(secret, call);
      if (version === undefined) throw lost(`secret ${secret} has no value`, call);
      const password = passwordOf(await accessVersion(secrets, secret, version, call), database, call);
      await orThere(there, async () =>
        settle(await insertUser(rest, project, database, password, call), sqlOperation(project, sqlDeadlineMs)),
      );
    }),
  "create-redis": async ({ redis }, given) => {
    const { rest, stack, call, settle } = given;
    const created = await unlessThere(async () =>
      settle(await insertRedis(rest, stack.environment, redis, call), redisOperation),
    );
    if (!created) await awaitRedis(redis, given);
    return created;
  },
  "await-redis": ({ redis }, given) => awaitRedis(redis, given),
  "write-redis-url": (action, given) =>
    addFirstVersion(action, given, async () => {
      const { rest, stack, call } = given;
      const { redis } = action;
      const live = await readRedis(rest, stack.environment, redis, call);
      if (live?.state === "FAILED") throw broken("redis", redis.instance, stack, call);
      if (live?.state !== "READY") throw lost(`instance ${redis.instance} is ${live?.state ?? "gone"}`, call);
      return redisUrl(rest, stack.environment, redis, live, call);
    }),
  "push-placeholder": (_action, given) => pushPlaceholder(given),
  "create-service": (action, given) => unlessThere(() => createService(action, given)),
};

/** @throws {DeployError} `not-ready` where it is not there: it is being deleted, and will never run. */
const awaitInstance = (database: Database, { rest, stack, call, until }: Performing): Promise<void> =>
  until(async () => {
    const live = await readDatabase(rest, stack.environment.project, database, call);
    if (live?.state === "FAILED") throw broken("sql", database.instance, stack, call);
    if (live) return live.state === "RUNNABLE";
    throw lost(`instance ${database.instance} is gone, or is being deleted`, call);
  }, instanceDeadlineMs);

const awaitRedis = (redis: Redis, { rest, stack, call, until }: Performing): Promise<void> =>
  until(async () => {
    const live = await readRedis(rest, stack.environment, redis, call);
    if (live?.state === "FAILED") throw broken("redis", redis.instance, stack, call);
    if (live) return live.state === "READY";
    throw lost(`instance ${redis.instance} is gone`, call);
  }, redisDeadlineMs);

const broken = (kind: FailedKind, instance: string, { environment }: Stack, { subject }: Call): DeployError =>
  new DeployError("not-ready", {
    subject,
    message: `instance ${instance} ${brokenMessage}`,
    hint: remakeHint(kind, instance, environment),
  });

/** An instance does one thing at a time, and takes its first backup by itself: until then it refuses. */
const onceFree = (given: Performing, work: (given: Performing) => Promise<void>): Promise<void> =>
  retryWhile(
    ({ code }) => code === "conflict",
    () => work(given),
    sqlDeadlineMs,
    given.runtime,
    given.call,
  );

/** Cloud SQL refuses a name that is taken as an invalid request: what another run made since we looked is as good as ours. */
async function orThere(there: () => Promise<boolean>, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (!(error instanceof DeployError) || !(await there())) throw error;
  }
}

const lost = (message: string, { subject }: Call): DeployError =>
  new DeployError("not-ready", { subject, message, hint: "run pnpm provision again", retryable: true });

async function createRepository(name: string, { stack, target, call }: Performing): Promise<void> {
  const { project, region } = stack.environment;
  const { clients } = target.google;
  const client = await clients.artifactRegistry();
  const { failure } = await clients.call({ ...call, idempotent: true }, async () => {
    const [operation] = await client.createRepository(
      {
        parent: `projects/${project}/locations/${region}`,
        repositoryId: name,
        repository: { format: "DOCKER", mode: "STANDARD_REPOSITORY", description: `Images of ${stack.name}` },
      },
      operationOptions(repositoryDeadlineMs),
    );
    return settlementOf(operation, call);
  });
  if (failure !== undefined) throw new DeployError("remote-failed", { subject: call.subject, message: failure });
}
const repositoryDeadlineMs = 120_000;
