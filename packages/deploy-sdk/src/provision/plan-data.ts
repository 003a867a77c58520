// The plan's part that holds data: database and Redis. Pure.
import type { Database, Stack } from "@slipway/config";
import { secretCommand } from "../secret/pin-secrets.ts";
import { tierOf } from "./cloud-sql.ts";
import { brokenMessage, type FailedKind, remakeHint } from "./failed-state.ts";
import { isPrivateAddress } from "./memorystore.ts";
import { join, keep, none, type Part, type Planner, step } from "./plan-part.ts";
import { type Observed, type Problem, secretId } from "./provision-types.ts";

export const planDatabase: Planner = (stack, { database: live, secrets }) => {
  const { database } = stack;
  if (!database) return none;
  const id = `database instance ${database.instance}`;
  if (live?.state === "FAILED") return failedInstance("sql", database.instance, id, stack);
  const url = stack.secrets.find(({ source }) => source === "database")?.name;
  const parts = [planInstance(database, id, live)];
  if (!live?.hasDatabase)
    parts.push(step({ id: `database ${database.name}`, after: [id] }, { do: "create-database", database }));
  const hasUrl = url !== undefined && secrets.get(url) !== undefined;
  if (live?.hasUser && url !== undefined && !hasUrl) return join([...parts, unknownPassword(stack, database, url)]);
  if (url !== undefined && !hasUrl)
    parts.push(
      step(
        {
          id: `value of ${url}`,
          details: [`address of ${database.name}, with a generated password`],
          after: [secretId(url)],
        },
        { do: "write-database-url", database, name: url, existed: secrets.has(url) },
      ),
    );
  if (live?.hasUser) return join(parts);
  if (url === undefined) return join([...parts, userWithoutSecret(stack, database)]);
  const user = step(
    // Not at the same time as the database: an instance does one thing at a time.
    {
      id: `database user ${database.user}`,
      after: [id, `database ${database.name}`, secretId(url), `value of ${url}`],
    },
    { do: "create-user", database, secret: url },
  );
  return join([...parts, user]);
};

function planInstance(database: Database, id: string, live: Observed["database"]): Part {
  const size = `${database.version}, ${database.cpu} CPU, ${database.memoryMb} MB`;
  if (!live) return step({ id, details: [size] }, { do: "create-instance", database });
  if (live.state === "PENDING_CREATE")
    return step(
      { id, kind: "update", details: ["is still being created: waited for"] },
      { do: "await-instance", database },
    );
  const differences = [
    ...(live.tier !== undefined && live.tier !== tierOf(database)
      ? [`tier ${live.tier}, not ${tierOf(database)}`]
      : []),
    ...(live.version !== undefined && live.version !== database.version
      ? [`version ${live.version}, not ${database.version}`]
      : []),
    ...(live.state === "RUNNABLE" ? [] : [`state ${live.state}`]),
  ];
  const problems = differences.map(
    (difference): Problem => ({
      severity: "advice",
      subject: id,
      message: `has ${difference}; changing it restarts the database`,
      hint: `when it suits you: gcloud sql instances patch ${database.instance}`,
    }),
  );
  return { ...keep(id), problems };
}

const failedInstance = (kind: FailedKind, instance: string, id: string, { environment }: Stack): Part => ({
  ...keep(id),
  problems: [
    { severity: "required", subject: id, message: brokenMessage, hint: remakeHint(kind, instance, environment) },
  ],
});

/** The user is somebody's: its password is not ours to reset. */
const unknownPassword = ({ environment }: Stack, { user, name, connectionName }: Database, secret: string): Part => ({
  ...none,
  problems: [
    {
      severity: "required",
      subject: `secret "${secret}" in ${environment.name}`,
      message: `has no value, and user "${user}" exists with a password that only you know`,
      hint: `${secretCommand(secret, environment.name)}, as postgresql://${user}:PASSWORD@/${name}?host=/cloudsql/${connectionName}`,
    },
  ],
});

const userWithoutSecret = ({ environment }: Stack, { user, instance }: Database): Part => ({
  ...none,
  problems: [
    {
      severity: "required",
      subject: `database user "${user}" in ${environment.name}`,
      message: "does not exist, and no secret of the stack would hold its password",
      hint: `declare a secret with source: "database" in stack.ts, or: gcloud sql users create ${user} --instance ${instance}`,
    },
  ],
});

export const planRedis: Planner = (stack, { redis: live, secrets }) => {
  const { redis } = stack;
  if (redis?.kind !== "memorystore") return none;
  const id = `Redis ${redis.instance}`;
  if (live?.state === "FAILED") return failedInstance("redis", redis.instance, id, stack);
  const url = stack.secrets.find(({ source }) => source === "redis")?.name;
  const instance = !live
    ? step({ id, details: ["basic tier, 1 GB, nothing is evicted"] }, { do: "create-redis", redis })
    : live.state === "CREATING"
      ? step({ id, kind: "update", details: ["is still being created: waited for"] }, { do: "await-redis", redis })
      : keep(id);
  const unreachable: readonly Problem[] =
    live && isPrivateAddress(live.host)
      ? [
          {
            severity: "advice",
            subject: id,
            message: `has the private address ${live.host}, which containers reach only through a VPC`,
            hint: "give services and workers VPC egress (gcloud run services update --network default --vpc-egress private-ranges-only); a release keeps it",
          },
        ]
      : [];
  const value =
    url !== undefined && secrets.get(url) === undefined
      ? step(
          { id: `value of ${url}`, details: [`address of ${redis.instance}`], after: [id, secretId(url)] },
          { do: "write-redis-url", redis, name: url, existed: secrets.has(url) },
        )
      : none;
  return join([{ ...instance, problems: unreachable }, value]);
};
