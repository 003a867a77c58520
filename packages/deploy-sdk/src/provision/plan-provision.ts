// What is missing of what the stack needs, as steps in an order that holds. Pure. Nothing is ever deleted, shrunk or
// restarted: a difference that only that would mend is told as a problem.
import type { Database, Secret, ServiceUnit, Stack } from "@slipway/config";
import { secretCommand } from "../secret/pin-secrets.ts";
import type { Change } from "../types.ts";
import { apisOf } from "./apis.ts";
import { bucketsOf, differenceOf } from "./buckets.ts";
import { tierOf } from "./cloud-sql.ts";
import { deployerAccount, type Grant, grantsOf } from "./grants.ts";
import { isPrivateAddress } from "./memorystore.ts";
import { hasBinding } from "./policy.ts";
import {
  type Action,
  guardedKey,
  type Observed,
  type Problem,
  type ProvisionPlan,
  type Step,
} from "./provision-types.ts";

/** A part of the plan: what is kept has a change and no step. */
type Part = {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
};
type Planner = (stack: Stack, observed: Observed) => Part;

export function planProvision(stack: Stack, observed: Observed): ProvisionPlan {
  const parts = planners.map((plan) => plan(stack, observed));
  return {
    changes: parts.flatMap(({ changes }) => changes),
    steps: parts.flatMap(({ steps }) => steps),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** The APIs alone: nothing else can be asked for before they are enabled. */
export function planApis(stack: Stack, enabled: ReadonlySet<string>): Part {
  const missing = apisOf(stack).filter((api) => !enabled.has(api));
  if (missing.length === 0) return keep("APIs");
  return step(
    { id: "APIs", kind: "update", details: missing.map((api) => `enable ${api}`), after: [] },
    {
      do: "enable-apis",
      apis: missing,
    },
  );
}

const none: Part = { changes: [], steps: [], problems: [] };
const keep = (resource: string): Part => ({ ...none, changes: [{ kind: "keep", resource, details: [] }] });

type StepHead = {
  readonly id: string;
  readonly kind?: Change["kind"];
  readonly details?: readonly string[];
  readonly after?: readonly string[];
};

function step({ id, kind = "create", details = [], after = ["APIs"] }: StepHead, action: Action): Part {
  const change: Change = { kind, resource: id, details };
  return { changes: [change], steps: [{ id, change, after, action }], problems: [] };
}

const join = (parts: readonly Part[]): Part => ({
  changes: parts.flatMap(({ changes }) => changes),
  steps: parts.flatMap(({ steps }) => steps),
  problems: parts.flatMap(({ problems }) => problems),
});

const planBuckets: Planner = (stack, { buckets }) =>
  join(
    bucketsOf(stack).map((bucket): Part => {
      const id = `bucket ${bucket.name}`;
      const live = buckets.get(bucket.name);
      if (!live) return step({ id, details: [bucket.location] }, { do: "create-bucket", bucket });
      const { patch, details } = differenceOf(bucket, live);
      const elsewhere = live.location.toLowerCase() !== bucket.location.toLowerCase();
      const problems: readonly Problem[] = elsewhere
        ? [
            {
              severity: "advice",
              subject: id,
              message: `is in ${live.location.toLowerCase()}, not in ${bucket.location}; a bucket cannot be moved`,
              hint: "leave it, or make another one and name it in stack.ts",
            },
          ]
        : [];
      if (details.length === 0) return { ...keep(id), problems };
      const { metageneration } = live;
      const action: Action = { do: "patch-bucket", name: bucket.name, patch, metageneration };
      return { ...step({ id, kind: "update", details }, action), problems };
    }),
  );

const planRepository: Planner = ({ registry }, { repository }) => {
  const id = `repository ${registry.repository}`;
  return repository
    ? keep(id)
    : step({ id, details: ["docker"] }, { do: "create-repository", name: registry.repository });
};

const planAccounts: Planner = (stack, { accounts }) =>
  join(
    [
      { email: stack.runtimeAccount, displayName: `${stack.name}: runs as` },
      { email: deployerAccount(stack), displayName: `${stack.name}: deploys` },
    ].map(({ email, displayName }) => {
      const id = `account ${email}`;
      return accounts.has(email) ? keep(id) : step({ id }, { do: "create-account", email, displayName });
    }),
  );

const planSecrets: Planner = (stack, { secrets }) =>
  join(
    stack.secrets.map((secret): Part => {
      const id = `secret ${secret.name}`;
      const made = secrets.has(secret.name) ? keep(id) : step({ id }, { do: "create-secret", name: secret.name });
      return secrets.get(secret.name) === undefined ? join([made, planValue(stack, secret, id)]) : made;
    }),
  );

/** A value for a secret that has none: generated here, asked of a person, or written when what it names exists. */
function planValue({ environment }: Stack, { name, source, format, optional }: Secret, id: string): Part {
  if (source === "generated")
    return step(
      { id: `value of ${name}`, details: [`generated: ${format}`], after: [id] },
      { do: "generate-secret", name, format },
    );
  if (source !== "given" || optional) return none;
  const problem: Problem = {
    severity: "required",
    subject: `secret "${name}" in ${environment.name}`,
    message: "has no value, and only you can give it one",
    hint: secretCommand(name, environment.name),
  };
  return { ...none, problems: [problem] };
}

const planDatabase: Planner = (stack, { database: live, secrets }) => {
  const { database } = stack;
  if (!database) return none;
  const id = `database instance ${database.instance}`;
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
          after: [`secret ${url}`],
        },
        { do: "write-database-url", database, secret: url },
      ),
    );
  if (live?.hasUser) return join(parts);
  if (url === undefined) return join([...parts, userWithoutSecret(stack, database)]);
  const user = step(
    { id: `database user ${database.user}`, after: [id, `secret ${url}`, `value of ${url}`] },
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

const planRedis: Planner = (stack, { redis: live, secrets }) => {
  const { redis } = stack;
  if (redis?.kind !== "memorystore") return none;
  const id = `Redis ${redis.instance}`;
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
          { id: `value of ${url}`, details: [`address of ${redis.instance}`], after: [id, `secret ${url}`] },
          { do: "write-redis-url", redis, secret: url },
        )
      : none;
  return join([{ ...instance, problems: unreachable }, value]);
};

const placeholderId = "placeholder image";

const planServices: Planner = (stack, { services }) => {
  const units = stack.units.filter((unit): unit is ServiceUnit => unit.kind === "service");
  const missing = units.filter(({ resource }) => !services.has(resource));
  const there = units.filter(({ resource }) => services.has(resource));
  const image =
    missing.length > 0
      ? step(
          { id: placeholderId, after: ["APIs", `repository ${stack.registry.repository}`] },
          { do: "push-placeholder" },
        )
      : none;
  return join([
    ...there.map(({ resource }) => keep(`service ${resource}`)),
    image,
    ...missing.map((service) =>
      step(
        {
          id: `service ${service.resource}`,
          details: ["a placeholder, until the first release"],
          after: [placeholderId, `account ${stack.runtimeAccount}`],
        },
        { do: "create-service", service },
      ),
    ),
  ]);
};

const planGrants: Planner = (stack, observed) => {
  const byResource = Map.groupBy(grantsOf(stack), ({ resource }) => guardedKey(resource));
  return join([...byResource].map(([key, grants]) => planAccess(key, grants, observed)));
};

function planAccess(key: string, grants: readonly Grant[], { policies, accounts, services }: Observed): Part {
  const [first] = grants;
  const policy = policies.get(key);
  const open = first?.resource.on === "service" && services.get(first.resource.name)?.invokerIamDisabled === true;
  const missing = grants.filter((grant) => !open && !(policy && hasBinding(policy, grant)));
  if (!first || missing.length === 0) return keep(`access to ${key}`);
  const emails = [...new Set(missing.map(emailOf))].filter((email) => email !== undefined);
  const action: Action = {
    do: "grant",
    resource: first.resource,
    bindings: missing.map(({ role, member }) => ({ role, member })),
    fresh: !policy || emails.some((email) => !accounts.has(email)),
  };
  const details = missing.map(({ role, member, reason }) => `${role} to ${shortMember(member)}: ${reason}`);
  return step(
    {
      id: `access to ${key}`,
      kind: "update",
      details,
      after: ["APIs", key, ...emails.map((email) => `account ${email}`)],
    },
    action,
  );
}

const emailOf = ({ member }: Grant): string | undefined =>
  member.startsWith("serviceAccount:") ? member.slice("serviceAccount:".length) : undefined;
const shortMember = (member: string): string => member.replace(/^serviceAccount:([^@]+)@.*$/, "$1");

const planners: readonly Planner[] = [
  planBuckets,
  planRepository,
  planAccounts,
  planSecrets,
  planDatabase,
  planRedis,
  planServices,
  planGrants,
];
