// Does what a plan says: one small performer for each kind of action. Each may be repeated, and finds what an earlier run
// has left.
import type { Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { operationOptions } from "../google/clients.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import { generateSecret } from "../secret/generate-secret.ts";
import type { SecretValue } from "../secret/secret-value.ts";
import { accessVersion, addVersion, createSecret, type SecretPlace } from "../secret/secret-versions.ts";
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
import { insertRedis, readRedis, redisDeadlineMs, redisOperation, redisUrl } from "./memorystore.ts";
import { pushPlaceholder } from "./placeholder.ts";
import { addBindings } from "./policy.ts";
import type { Action, Step } from "./provision-types.ts";
import { createRest, type OperationWait, pollMs, type Rest, tellEveryMs, waitForOperation } from "./rest.ts";

export type ApplyOptions = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly workspace: string;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly emit: (event: DeployEvent) => void;
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

type Performer<Do extends Action["do"]> = (
  action: Extract<Action, { readonly do: Do }>,
  given: Performing,
) => Promise<unknown>;

export async function performStep({ action, id }: Step, options: ApplyOptions): Promise<void> {
  const { stack, target, runtime, signal } = options;
  const rest = createRest(target.google.transport);
  const call: Call = { signal, subject: `${id} in ${stack.environment.name}` };
  const told = (elapsedMs: number): void =>
    options.emit({ type: "log", unit: "provision", line: `${id}: ${Math.round(elapsedMs / 1000)} s` });
  const performing: Performing = {
    ...options,
    rest,
    call,
    secrets: { project: stack.environment.project, target },
    settle: (started, wait) => waitForOperation(started, { waiting: told, ...wait }, { rest, runtime }, call),
    until: (ready, deadlineMs) => pollUntil(ready, deadlineMs, told, options, call),
  };
  const performer = performers[action.do] as Performer<Action["do"]>;
  await withPatience(() => performer(action, performing), options, call);
}

/** An API that was just enabled is refused for some minutes more. */
const patienceMs = 300_000;
const patiencePollMs = 5000;

async function withPatience(work: () => Promise<unknown>, { runtime }: ApplyOptions, call: Call): Promise<void> {
  const until = runtime.now().getTime() + patienceMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const disabled = error instanceof DeployError && error.code === "not-provisioned";
      if (!disabled || runtime.now().getTime() > until) throw error;
      await runtime.sleep(patiencePollMs, call.signal);
    }
  }
}

async function pollUntil(
  ready: () => Promise<boolean>,
  deadlineMs: number,
  told: (elapsedMs: number) => void,
  { runtime }: ApplyOptions,
  call: Call,
): Promise<void> {
  const startedAt = runtime.now().getTime();
  let toldMs = 0;
  for (;;) {
    if (await ready()) return;
    const elapsedMs = runtime.now().getTime() - startedAt;
    if (elapsedMs > deadlineMs)
      throw new DeployError("timeout", {
        subject: call.subject,
        message: `not ready after ${Math.round(deadlineMs / 60_000)} minutes`,
        hint: "look at it in the console, then run pnpm provision again",
        retryable: true,
      });
    if (elapsedMs - toldMs >= tellEveryMs) {
      toldMs = elapsedMs;
      told(elapsedMs);
    }
    await runtime.sleep(pollMs(elapsedMs), call.signal);
  }
}

/** What somebody else made in between is as good as what we would have made. */
async function unlessThere(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeployError && (error.code === "already-exists" || error.code === "conflict"))
      return undefined;
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
  "create-account": ({ email, displayName }, { rest, stack, call }) =>
    unlessThere(() =>
      rest.post(
        "iam",
        `/v1/projects/${stack.environment.project}/serviceAccounts`,
        { accountId: email.slice(0, email.indexOf("@")), serviceAccount: { displayName } },
        call,
      ),
    ),
  grant: (action, { target, stack, runtime, call }) =>
    addBindings(target.google.transport, action, stack.environment, runtime, call),
  "create-secret": ({ name }, { secrets, call }) => createSecret(secrets, name, call),
  "generate-secret": ({ name, format }, given) => addFirstVersion(name, given, async () => generateSecret(format)),
  "create-instance": async ({ database }, { rest, stack, call, settle }) => {
    const started = await unlessThere(() => insertInstance(rest, stack.environment, database, call));
    if (started !== undefined) await settle(started, sqlOperation(stack.environment.project, instanceDeadlineMs));
  },
  "await-instance": ({ database }, { rest, stack, call, until }) =>
    until(
      async () => (await readDatabase(rest, stack.environment.project, database, call))?.state === "RUNNABLE",
      instanceDeadlineMs,
    ),
  "create-database": ({ database }, given) =>
    onceFree(given, async ({ rest, stack, call, settle }) => {
      const { project } = stack.environment;
      if ((await readDatabase(rest, project, database, call))?.hasDatabase) return;
      await settle(await insertDatabase(rest, project, database, call), sqlOperation(project, sqlDeadlineMs));
    }),
  "write-database-url": ({ database, secret }, given) =>
    addFirstVersion(secret, given, async () => databaseUrl(database, generateSecret("password"))),
  "create-user": ({ database, secret }, given) =>
    onceFree(given, async ({ rest, stack, target, secrets, call, settle }) => {
      const { project } = stack.environment;
      if ((await readDatabase(rest, project, database, call))?.hasUser) return;
      const version = await target.secrets.newestVersion(secret, call);
      if (version === undefined) throw lost(`secret ${secret} has no value`, call);
      const password = passwordOf(await accessVersion(secrets, secret, version, call), database, call);
      await settle(await insertUser(rest, project, database, password, call), sqlOperation(project, sqlDeadlineMs));
    }),
  "create-redis": async ({ redis }, { rest, stack, call, settle }) => {
    const started = await unlessThere(() => insertRedis(rest, stack.environment, redis, call));
    if (started !== undefined) await settle(started, redisOperation);
  },
  "await-redis": ({ redis }, { rest, stack, call, until }) =>
    until(async () => (await readRedis(rest, stack.environment, redis, call))?.state === "READY", redisDeadlineMs),
  "write-redis-url": ({ redis, secret }, given) =>
    addFirstVersion(secret, given, async () => {
      const { rest, stack, call } = given;
      const live = await readRedis(rest, stack.environment, redis, call);
      if (live?.state !== "READY") throw lost(`instance ${redis.instance} is ${live?.state ?? "gone"}`, call);
      return redisUrl(rest, stack.environment, redis, live, call);
    }),
  "push-placeholder": (_action, given) => pushPlaceholder(given),
  "create-service": createService,
};

/** An instance does one thing at a time, and takes its first backup by itself: until then it refuses. */
async function onceFree(given: Performing, work: (given: Performing) => Promise<void>): Promise<void> {
  const { runtime, call } = given;
  const startedAt = runtime.now().getTime();
  for (;;) {
    try {
      await work(given);
      return;
    } catch (error) {
      const elapsedMs = runtime.now().getTime() - startedAt;
      if (!(error instanceof DeployError) || error.code !== "conflict" || elapsedMs > sqlDeadlineMs) throw error;
      await runtime.sleep(pollMs(elapsedMs), call.signal);
    }
  }
}

const lost = (message: string, { subject }: Call): DeployError =>
  new DeployError("not-ready", { subject, message, hint: "run pnpm provision again", retryable: true });

/** The plan saw no version: looked at once more, so that two provisionings at once do not give two values. */
async function addFirstVersion(
  name: string,
  { target, secrets, call }: Performing,
  make: () => Promise<SecretValue>,
): Promise<void> {
  if ((await target.secrets.newestVersion(name, call)) !== undefined) return;
  await addVersion(secrets, name, await make(), call);
}

async function createRepository(name: string, { stack, target, call }: Performing): Promise<void> {
  const { project, region } = stack.environment;
  const { clients } = target.google;
  const client = await clients.artifactRegistry();
  await clients.call({ ...call, idempotent: true }, async () => {
    const [operation] = await client.createRepository(
      {
        parent: `projects/${project}/locations/${region}`,
        repositoryId: name,
        repository: { format: "DOCKER", mode: "STANDARD_REPOSITORY", description: `Images of ${stack.name}` },
      },
      operationOptions(120_000),
    );
    await operation.promise();
  });
}
