// Who may do what, and why: the one table of roles. Provisioning grants these and no others; a release changes none. Pure.
import type { ServiceUnit, SiteUnit, Stack } from "@slipway/config";

/** Something that has an IAM policy. */
export type Guarded =
  | { readonly on: "project"; readonly name: string }
  /** By email. */
  | { readonly on: "account"; readonly name: string }
  | { readonly on: "repository"; readonly name: string }
  | { readonly on: "bucket"; readonly name: string }
  | { readonly on: "secret"; readonly name: string }
  /** A Cloud Run service. */
  | { readonly on: "service"; readonly name: string };

export type Grant = {
  readonly resource: Guarded;
  /** https://cloud.google.com/iam/docs/understanding-roles */
  readonly role: string;
  readonly member: string;
  readonly reason: string;
};

/** The account that deploys, in CI as on a laptop that impersonates it: one a project. */
export const deployerAccount = ({ environment }: Pick<Stack, "environment">): string =>
  `gh-deployer@${environment.project}.iam.gserviceaccount.com`;

export const everybody = "allUsers";

export const siteBuckets = ({ units }: Stack): readonly string[] => [
  ...new Set(units.filter((unit): unit is SiteUnit => unit.kind === "site").map(({ bucket }) => bucket)),
];

export const grantsOf = (stack: Stack): readonly Grant[] => [
  ...runtimeGrants(stack),
  ...deployerGrants(stack),
  ...publicGrants(stack),
];

/** What the containers may do. */
function runtimeGrants(stack: Stack): readonly Grant[] {
  const member = `serviceAccount:${stack.runtimeAccount}`;
  const database: readonly Grant[] = stack.database
    ? [
        {
          resource: { on: "project", name: stack.environment.project },
          role: "roles/cloudsql.client",
          member,
          reason: "reaches the database through /cloudsql; the role cannot be granted on one instance",
        },
      ]
    : [];
  return [
    ...database,
    ...stack.secrets.map(
      ({ name }): Grant => ({
        resource: { on: "secret", name },
        role: "roles/secretmanager.secretAccessor",
        member,
        reason: "reads the value when an instance starts",
      }),
    ),
  ];
}

/** What a release may do: nothing that changes access, makes buckets or reads a secret's value. */
function deployerGrants(stack: Stack): readonly Grant[] {
  const member = `serviceAccount:${deployerAccount(stack)}`;
  const project: Guarded = { on: "project", name: stack.environment.project };
  const grant = (resource: Guarded, role: string, reason: string): Grant => ({ resource, role, member, reason });
  return [
    grant(project, "roles/run.developer", "creates and updates services, jobs and worker pools, and runs jobs"),
    grant(project, "roles/logging.viewer", "shows the last log lines of what failed to start"),
    grant(
      { on: "account", name: stack.runtimeAccount },
      "roles/iam.serviceAccountUser",
      "deploys containers that run as this account; on the account, so that it may act as no other",
    ),
    grant(
      { on: "repository", name: stack.registry.repository },
      "roles/artifactregistry.writer",
      "pushes images and finds those that exist",
    ),
    ...[stack.environment.stateBucket, ...siteBuckets(stack)].map((name) =>
      grant({ on: "bucket", name }, "roles/storage.objectAdmin", "writes records and site files, and removes them"),
    ),
    ...stack.secrets.map(({ name }) =>
      grant({ on: "secret", name }, "roles/secretmanager.viewer", "pins versions by number; sees no value"),
    ),
    ...privateServices(stack).map(({ resource: name }) =>
      grant({ on: "service", name }, "roles/run.invoker", "asks a private service for its health"),
    ),
    ...(privateServices(stack).length > 0
      ? [
          grant(
            { on: "account", name: deployerAccount(stack) },
            "roles/iam.serviceAccountOpenIdTokenCreator",
            "proves to a private service who it is: federated credentials cannot without",
          ),
        ]
      : []),
  ];
}

const privateServices = ({ units }: Stack): readonly ServiceUnit[] =>
  units.filter((unit): unit is ServiceUnit => unit.kind === "service" && !unit.public);

/** What anyone may do. */
const publicGrants = (stack: Stack): readonly Grant[] => [
  ...stack.units.flatMap((unit): readonly Grant[] =>
    unit.kind === "service" && unit.public
      ? [
          {
            resource: { on: "service", name: unit.resource },
            role: "roles/run.invoker",
            member: everybody,
            reason: "the service is public",
          },
        ]
      : [],
  ),
  ...siteBuckets(stack).map(
    (name): Grant => ({
      resource: { on: "bucket", name },
      role: "roles/storage.legacyObjectReader",
      member: everybody,
      reason: "anyone reads the site's files; objectViewer would let anyone list them too",
    }),
  ),
];
