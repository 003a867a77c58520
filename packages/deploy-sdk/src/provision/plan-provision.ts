// What is missing of what the stack needs, as steps in an order that holds. Pure. Nothing is ever deleted, shrunk or
// restarted: a difference that only that would mend is told as a problem.
import type { Secret, ServiceUnit, Stack } from "@slipway/config";
import { secretCommand } from "../secret/pin-secrets.ts";
import { apisOf } from "./apis.ts";
import { type BucketSpec, bucketsOf, differenceOf, type LiveBucket, strayRules } from "./buckets.ts";
import { deployerAccount, type Grant, grantsOf } from "./grants.ts";
import { planCdn } from "./plan-cdn.ts";
import { planDatabase, planRedis } from "./plan-data.ts";
import { join, keep, none, type Part, type Planner, step } from "./plan-part.ts";
import { hasBinding } from "./policy.ts";
import {
  type Action,
  accountId,
  apisId,
  guardedKey,
  type Observed,
  type Problem,
  type ProvisionPlan,
  secretId,
} from "./provision-types.ts";

export const planProvision = (stack: Stack, observed: Observed): ProvisionPlan =>
  join(planners.map((plan) => plan(stack, observed)));

/** The APIs alone: nothing else can be asked for before they are enabled. */
export function planApis(stack: Stack, enabled: ReadonlySet<string>): Part {
  const missing = apisOf(stack).filter((api) => !enabled.has(api));
  if (missing.length === 0) return keep(apisId);
  return step(
    { id: apisId, kind: "update", details: missing.map((api) => `enable ${api}`), after: [] },
    {
      do: "enable-apis",
      apis: missing,
    },
  );
}

const planBuckets: Planner = (stack, { buckets }) =>
  join(
    bucketsOf(stack).map((bucket): Part => {
      const id = `bucket ${bucket.name}`;
      const live = buckets.get(bucket.name);
      if (!live) return step({ id, details: [bucket.location] }, { do: "create-bucket", bucket });
      const { patch, details } = differenceOf(bucket, live);
      const elsewhere = live.location.toLowerCase() !== bucket.location.toLowerCase();
      const problems: readonly Problem[] = [
        ...(elsewhere ? [inAnotherPlace(id, bucket, live)] : []),
        ...strayRules(bucket, live).map(() => losesObjects(id, bucket)),
      ];
      if (details.length === 0) return { ...keep(id), problems };
      const { metageneration } = live;
      const action: Action = { do: "patch-bucket", name: bucket.name, patch, metageneration };
      return { ...step({ id, kind: "update", details }, action), problems };
    }),
  );

const inAnotherPlace = (subject: string, { location }: BucketSpec, live: LiveBucket): Problem => ({
  severity: "advice",
  subject,
  message: `is in ${live.location.toLowerCase()}, not in ${location}; a bucket cannot be moved`,
  hint: "leave it, or make another one and name it in stack.ts",
});

const losesObjects = (subject: string, { name, expires }: BucketSpec): Problem => ({
  severity: "advice",
  subject,
  message: expires
    ? `has a lifecycle rule that deletes more than ${expires.prefix}: release records, and with them the way back`
    : "has a lifecycle rule that deletes files by itself: a release does not upload again what has not changed",
  hint: `look at it: gcloud storage buckets describe gs://${name} --format="default(lifecycle_config)"`,
});

/** Cloud Run keeps an image of its own only for as long as a revision of it serves. */
const losesImages = (subject: string): Problem => ({
  severity: "advice",
  subject,
  message: "has a cleanup policy that deletes images: a rollback needs those of the releases that it may go back to",
  hint: "let a KEEP policy hold the newest versions of each image (keepCount), as many as you want to go back",
});

const planRepository: Planner = ({ registry }, { repository }) => {
  const id = `repository ${registry.repository}`;
  if (repository?.deletes) return { ...keep(id), problems: [losesImages(id)] };
  return repository
    ? keep(id)
    : step({ id, details: ["docker"] }, { do: "create-repository", name: registry.repository });
};

const planAccounts: Planner = (stack, { accounts }) =>
  join(
    [
      { email: stack.runtimeAccount, displayName: `${stack.name}: containers run as it` },
      { email: deployerAccount(stack), displayName: "deploys from CI" },
    ].map(({ email, displayName }) => {
      const id = accountId(email);
      return accounts.has(email) ? keep(id) : step({ id }, { do: "create-account", email, displayName });
    }),
  );

const planSecrets: Planner = (stack, { secrets }) =>
  join(
    stack.secrets.map((secret): Part => {
      const id = secretId(secret.name);
      const made = secrets.has(secret.name) ? keep(id) : step({ id }, { do: "create-secret", name: secret.name });
      return secrets.get(secret.name) === undefined
        ? join([made, planValue(stack, secret, secrets.has(secret.name))])
        : made;
    }),
  );

/** A value for a secret that has none: generated here, asked of a person, or written when what it names exists. */
function planValue({ environment }: Stack, { name, source, format, optional }: Secret, existed: boolean): Part {
  if (source === "generated")
    return step(
      { id: `value of ${name}`, details: [`generated: ${format}`], after: [secretId(name)] },
      { do: "generate-secret", name, format, existed },
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

const placeholderId = "placeholder image";

const planServices: Planner = (stack, { services }) => {
  const units = stack.units.filter((unit): unit is ServiceUnit => unit.kind === "service");
  const missing = units.filter(({ resource }) => !services.has(resource));
  const there = units.filter(({ resource }) => services.has(resource));
  const image =
    missing.length > 0
      ? step(
          { id: placeholderId, after: [apisId, `repository ${stack.registry.repository}`] },
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
          after: [placeholderId, accountId(stack.runtimeAccount)],
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
      after: [apisId, key, ...emails.map(accountId)],
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
  planCdn,
];
