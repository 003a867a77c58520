import { defineStack, resolveStack, type Stack } from "@slipway/config";
import { expect, test } from "vitest";
import { bucketsOf } from "./buckets.ts";
import { deployerAccount, grantsOf } from "./grants.ts";
import { planApis, planProvision } from "./plan-provision.ts";
import { guardedKey, type Observed } from "./provision-types.ts";

const container = { project: "apps/api", image: "app", secrets: ["DATABASE_URL", "KEY"] };
const stack: Stack = resolveStack(
  defineStack({
    name: "demo",
    region: "europe-west1",
    environments: { staging: { project: "demo-staging" } },
    database: { version: "POSTGRES_15", cpu: 2, memoryMb: 7680 },
    redis: { kind: "memorystore" },
    secrets: {
      DATABASE_URL: { source: "database" },
      REDIS_URL: { source: "redis" },
      KEY: { source: "generated", format: "fernet", rotation: "never" },
      TOKEN: {},
      DSN: { optional: true },
    },
    images: { app: { build: "node", project: "apps/api", entry: "main.ts" } },
    services: { api: { ...container, public: true }, admin: container },
    sites: { web: { project: "apps/web", bucket: "app.example.com" } },
  }),
  "staging",
);

const nothing: Observed = {
  apis: new Set(),
  buckets: new Map(),
  repository: undefined,
  accounts: new Set(),
  policies: new Map(),
  secrets: new Map(),
  database: undefined,
  redis: undefined,
  services: new Map(),
};

const journalRule = { action: { type: "Delete" }, condition: { age: 90, matchesPrefix: ["journal/"] } };

/** The state that the whole plan leads to. */
const everything: Observed = {
  apis: new Set(),
  buckets: new Map(
    bucketsOf(stack).map(({ name, open, mainPage, expires }) => [
      name,
      {
        location: "EUROPE-WEST1",
        metageneration: "3",
        iamConfiguration: {
          uniformBucketLevelAccess: { enabled: true },
          publicAccessPrevention: open ? "inherited" : "enforced",
        },
        ...(mainPage !== undefined && { website: { mainPageSuffix: mainPage } }),
        lifecycle: { rule: expires ? [journalRule] : [] },
      },
    ]),
  ),
  repository: { deletes: false },
  accounts: new Set([stack.runtimeAccount, deployerAccount(stack)]),
  policies: new Map(
    Array.from(
      Map.groupBy(grantsOf(stack), ({ resource }) => guardedKey(resource)),
      ([key, grants]) => [key, { bindings: grants.map(({ role, member }) => ({ role, members: [member] })) }],
    ),
  ),
  secrets: new Map(["DATABASE_URL", "REDIS_URL", "KEY", "TOKEN", "DSN"].map((name) => [name, "1"])),
  database: { state: "RUNNABLE", version: "POSTGRES_15", tier: "db-custom-2-7680", hasDatabase: true, hasUser: true },
  redis: { state: "READY", host: "127.0.0.1", port: 6379, authEnabled: false, transitEncryptionMode: "DISABLED" },
  services: new Map(["demo-api", "demo-admin"].map((name) => [name, { invokerIamDisabled: false }])),
};

const stepIds = (observed: Observed) => planProvision(stack, observed).steps.map(({ id }) => id);

test("plans nothing where everything is as it should be", () => {
  const { changes, steps, problems } = planProvision(stack, everything);
  expect(steps).toEqual([]);
  expect(problems).toEqual([]);
  expect(changes.length).toBeGreaterThan(20);
  expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(["keep"]));
});

test("makes everything from nothing, each after what it needs, and asks for what only a person has", () => {
  const { steps, problems } = planProvision(stack, nothing);
  const ids = new Set(["APIs", ...steps.map(({ id }) => id)]);
  expect(
    steps.flatMap(({ id, after }) => after.filter((name) => !ids.has(name)).map((name) => `${id} ← ${name}`)),
  ).toEqual(["access to project demo-staging ← project demo-staging"]);
  expect(problems).toEqual([
    {
      severity: "required",
      subject: 'secret "TOKEN" in staging',
      message: "has no value, and only you can give it one",
      hint: "pnpm secret set TOKEN --env staging",
    },
  ]);
  expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
});

test("writes the database's address before it makes the user, so that no password is ever lost", () => {
  const steps = planProvision(stack, nothing).steps;
  const user = steps.find(({ id }) => id === "database user app");
  expect(user?.after).toContain("value of DATABASE_URL");
  // Cut short in between: the user gets the password that the secret holds.
  const between = { ...everything, database: { ...everything.database, hasUser: false } } as Observed;
  expect(planProvision(stack, between).steps).toMatchObject([
    { action: { do: "create-user", secret: "DATABASE_URL" } },
  ]);
});

test("does not reset the password of a user that it did not make", () => {
  const secrets = new Map(everything.secrets).set("DATABASE_URL", undefined);
  const { steps, problems } = planProvision(stack, { ...everything, secrets });
  expect(steps).toEqual([]);
  expect(problems).toMatchObject([{ severity: "required", subject: 'secret "DATABASE_URL" in staging' }]);
  expect(problems[0]?.hint).toContain("host=/cloudsql/demo-staging:europe-west1:demo-db");
});

test("opens exactly the services and buckets that are public", () => {
  const open = grantsOf(stack).filter(({ member }) => member === "allUsers");
  expect(open.map(({ resource, role }) => [guardedKey(resource), role])).toEqual([
    ["service demo-api", "roles/run.invoker"],
    ["bucket app.example.com", "roles/storage.legacyObjectReader"],
  ]);
});

test("takes a service whose callers are not asked for an open one", () => {
  const policies = new Map(everything.policies).set("service demo-api", { bindings: [] });
  const services = (invokerIamDisabled: boolean) =>
    new Map(everything.services).set("demo-api", { invokerIamDisabled });
  expect(stepIds({ ...everything, policies, services: services(true) })).toEqual([]);
  expect(stepIds({ ...everything, policies, services: services(false) })).toEqual(["access to service demo-api"]);
});

test("gives a release no right to change access, to read a secret or to act as any other account", () => {
  const deployer = grantsOf(stack).filter(({ member }) => member.includes("gh-deployer@"));
  const roles = new Set(deployer.map(({ role }) => role));
  for (const role of [
    "owner",
    "editor",
    "run.admin",
    "storage.admin",
    "secretmanager.secretAccessor",
    "secretmanager.admin",
  ])
    expect(roles).not.toContain(`roles/${role}`);
  const actAs = deployer.filter(({ role }) => role === "roles/iam.serviceAccountUser");
  expect(actAs.map(({ resource }) => resource)).toEqual([{ on: "account", name: stack.runtimeAccount }]);
  expect(grantsOf(stack).every(({ reason }) => reason.length > 10)).toBe(true);
});

test("mends a bucket's access and page, under the generation that was seen", () => {
  const live = {
    location: "US",
    metageneration: "7",
    iamConfiguration: { uniformBucketLevelAccess: { enabled: false }, publicAccessPrevention: "inherited" },
    lifecycle: { rule: [] },
  };
  const { steps, problems } = planProvision(stack, {
    ...everything,
    buckets: new Map(everything.buckets).set("app.example.com", live),
  });
  expect(steps).toMatchObject([
    {
      id: "bucket app.example.com",
      change: { kind: "update", details: ["uniform access: off → on", "main page: none → index.html"] },
      action: { do: "patch-bucket", metageneration: "7", patch: { website: { mainPageSuffix: "index.html" } } },
    },
  ]);
  expect(problems).toMatchObject([{ severity: "advice", subject: "bucket app.example.com" }]);
});

const stateBucket = "demo-staging-deploy-state";
const planWithRules = (name: string, rule: readonly object[]) => {
  const live = everything.buckets.get(name);
  if (!live) throw new Error(`no bucket ${name}`);
  const lifecycle = { rule } as NonNullable<typeof live>["lifecycle"];
  const buckets = new Map(everything.buckets).set(name, { ...live, lifecycle });
  return planProvision(stack, { ...everything, buckets });
};

test("lets the journal expire, and keeps the rules of others", () => {
  const theirs = { action: { type: "SetStorageClass", storageClass: "NEARLINE" }, condition: { age: 30 } };
  expect(planWithRules(stateBucket, [theirs])).toMatchObject({
    steps: [
      {
        change: { details: ["journal/ is removed after 90 days"] },
        action: { do: "patch-bucket", patch: { lifecycle: { rule: [theirs, journalRule] } } },
      },
    ],
    problems: [],
  });
});

test("takes another age for the journal as somebody's choice", () => {
  const rule = { ...journalRule, condition: { ...journalRule.condition, age: 7 } };
  expect(planWithRules(stateBucket, [rule])).toMatchObject({ steps: [], problems: [] });
});

test.each([
  [stateBucket, { action: { type: "Delete" }, condition: { age: 30 } }, "release records"],
  [
    stateBucket,
    { action: { type: "Delete" }, condition: { age: 30, matchesPrefix: ["releases/"] } },
    "release records",
  ],
  ["app.example.com", { action: { type: "Delete" }, condition: { age: 365 } }, "does not upload again"],
])("warns of a rule on %s that deletes what must stay", (name, rule, why) => {
  const { problems } = planWithRules(name, name === stateBucket ? [journalRule, rule] : [rule]);
  expect(problems).toMatchObject([{ severity: "advice", message: expect.stringContaining(why) }]);
});

test("warns of a cleanup policy that a rollback would fall victim to", () => {
  const { steps, problems } = planProvision(stack, { ...everything, repository: { deletes: true } });
  expect(steps).toEqual([]);
  expect(problems).toMatchObject([{ severity: "advice", message: expect.stringContaining("a rollback needs") }]);
});

test("tells of the right to purge Cloud CDN until a role of the project gives it", () => {
  const units = stack.units.map((unit) =>
    unit.kind === "site" ? { ...unit, purge: { kind: "cloud-cdn", urlMap: "front" } as const } : unit,
  );
  const purging = { ...stack, units };
  expect(planApis(purging, new Set()).changes[0]?.details).toContain("enable compute.googleapis.com");
  expect(planProvision(purging, everything).problems).toMatchObject([
    { severity: "advice", subject: "Cloud CDN", hint: expect.stringContaining("compute.urlMaps.invalidateCache") },
  ]);
  const project = guardedKey({ on: "project", name: "demo-staging" });
  const role = "projects/demo-staging/roles/cdnPurge";
  const member = `serviceAccount:${deployerAccount(stack)}`;
  const bindings = [...(everything.policies.get(project)?.bindings ?? []), { role, members: [member] }];
  const policies = new Map(everything.policies).set(project, { bindings });
  expect(planProvision(purging, { ...everything, policies }).problems).toEqual([]);
});

test("asks for an instance that could not be made to be deleted, and plans nothing on it", () => {
  const database = {
    ...everything.database,
    state: "FAILED",
    hasDatabase: false,
    hasUser: false,
  } as Observed["database"];
  const { steps, problems } = planProvision(stack, { ...everything, database });
  expect(steps).toEqual([]);
  expect(problems).toMatchObject([
    {
      severity: "required",
      hint: "gcloud sql instances delete demo-db --project demo-staging, then pnpm provision --env staging",
    },
  ]);
});

test("asks the same of a Redis that failed, and waits for nothing that it would give", () => {
  const redis = { ...everything.redis, state: "FAILED" } as Observed["redis"];
  const secrets = new Map(everything.secrets).set("REDIS_URL", undefined);
  const { steps, problems } = planProvision(stack, { ...everything, redis, secrets });
  expect(steps).toEqual([]);
  expect(problems).toMatchObject([
    {
      severity: "required",
      subject: "Redis demo-redis",
      hint: "gcloud redis instances delete demo-redis --region europe-west1 --project demo-staging, then pnpm provision --env staging",
    },
  ]);
});

test("tells of a database that differs, and neither resizes nor restarts it", () => {
  const database = { ...everything.database, tier: "db-f1-micro" } as Observed["database"];
  const { steps, problems } = planProvision(stack, { ...everything, database });
  expect(steps).toEqual([]);
  expect(problems).toMatchObject([{ severity: "advice", subject: "database instance demo-db" }]);
});

test("sees through what another run has started", () => {
  const started = {
    ...everything,
    database: { state: "PENDING_CREATE", version: undefined, tier: undefined, hasDatabase: false, hasUser: false },
    redis: { ...everything.redis, state: "CREATING", host: "" },
    secrets: new Map(everything.secrets).set("REDIS_URL", undefined),
  } as Observed;
  expect(stepIds(started)).toEqual([
    "database instance demo-db",
    "database app",
    "database user app",
    "Redis demo-redis",
    "value of REDIS_URL",
  ]);
});

test("says that a private Redis needs a way into its network", () => {
  const redis = { ...everything.redis, host: "10.1.2.3" } as Observed["redis"];
  expect(planProvision(stack, { ...everything, redis }).problems).toMatchObject([
    { severity: "advice", subject: "Redis demo-redis" },
  ]);
});

test("enables the APIs that the stack uses, and no others", () => {
  const { steps } = planApis(stack, new Set(["run.googleapis.com"]));
  const action = steps[0]?.action;
  expect(action?.do === "enable-apis" && action.apis).toContain("sqladmin.googleapis.com");
  expect(action?.do === "enable-apis" && action.apis).not.toContain("run.googleapis.com");
  expect(
    planApis({ ...stack, database: undefined, redis: undefined }, new Set()).steps[0]?.change.details,
  ).not.toContain("enable sqladmin.googleapis.com");
});
