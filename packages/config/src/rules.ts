// Rules that span fields: each is small, named, and returns every problem it finds.

import type { ConfigIssue } from "./config-error.ts";
import {
  concurrencyFitsItsCpu,
  cpuIsWhatCloudRunHas,
  databaseSizeIsOffered,
  memoryFitsItsCpu,
  timeLimitsFitCloudRun,
} from "./google-limits.ts";
import { livenessLooksAtTheProcess, pathsAreNotReserved, startupFitsCloudRun } from "./probe-rules.ts";
import { sharingRules } from "./sharing.ts";
import { templateReferences } from "./template.ts";
import type { WrittenContainer, WrittenStack } from "./written.ts";

type Rule = (stack: WrittenStack) => readonly ConfigIssue[];

const unitGroups = ["images", "jobs", "services", "workers", "sites"] as const;
type Group = (typeof unitGroups)[number];

const keys = (record: object | undefined): readonly string[] => Object.keys(record ?? {});
const units = (stack: WrittenStack): readonly { readonly group: Group; readonly name: string }[] =>
  unitGroups.flatMap((group) => keys(stack[group]).map((name) => ({ group, name })));

const containers = (stack: WrittenStack): readonly { readonly path: string; readonly container: WrittenContainer }[] =>
  (["jobs", "services", "workers"] as const).flatMap((group) =>
    Object.entries<WrittenContainer>(stack[group] ?? {}).map(([name, container]) => ({
      path: `${group}.${name}`,
      container,
    })),
  );

const unitNamesAreUnique: Rule = (stack) =>
  units(stack).flatMap(({ group, name }, index, all) => {
    const first = all.findIndex((unit) => unit.name === name);
    return first < index
      ? [
          {
            path: `${group}.${name}`,
            message: `is also the name of ${all[first]?.group}.${name}; a unit's name is unique`,
          },
        ]
      : [];
  });

/** Looked up in records, such as an environment's domains, they would be found where nobody wrote them. */
const noUnitIsNamedAsWhatObjectsHave: Rule = (stack) =>
  units(stack)
    .filter(({ name }) => name in {})
    .map(({ group, name }) => ({ path: `${group}.${name}`, message: "is a name that every JavaScript object has" }));

const environmentsExist: Rule = (stack) =>
  keys(stack.environments).length === 0 ? [{ path: "environments", message: "must name at least one" }] : [];

const imagesExist: Rule = (stack) =>
  containers(stack).flatMap(({ path, container }) =>
    keys(stack.images).includes(container.image)
      ? []
      : [
          {
            path: `${path}.image`,
            message: `there is no image "${container.image}"; there are: ${keys(stack.images).join(", ") || "none"}`,
          },
        ],
  );

const secretsExist: Rule = (stack) =>
  containers(stack).flatMap(({ path, container }) =>
    (container.secrets ?? []).flatMap((name, index) =>
      keys(stack.secrets).includes(name)
        ? []
        : [{ path: `${path}.secrets[${index}]`, message: `there is no secret "${name}"` }],
    ),
  );

type Variables = {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of the containers that get them. */
  readonly secrets: readonly string[];
};

const variables = (stack: WrittenStack): readonly Variables[] => {
  const all = containers(stack);
  const everySecret = all.flatMap(({ container }) => container.secrets ?? []);
  return [
    ...all.map(({ path, container: { env = {}, secrets = [] } }) => ({ path: `${path}.env`, env, secrets })),
    ...Object.entries(stack.environments).map(([name, { env = {} }]) => ({
      path: `environments.${name}.env`,
      env,
      secrets: everySecret,
    })),
  ];
};

const aVariableIsEitherPlainOrSecret: Rule = (stack) =>
  variables(stack).flatMap(({ path, env, secrets }) =>
    keys(env)
      .filter((name) => secrets.includes(name))
      .map((name) => ({ path: `${path}.${name}`, message: "is also a secret there; it can be only one of them" })),
  );

const reservedVariables = new Set([
  "PORT",
  "K_SERVICE",
  "K_REVISION",
  "K_CONFIGURATION",
  "CLOUD_RUN_JOB",
  "CLOUD_RUN_EXECUTION",
  "CLOUD_RUN_TASK_INDEX",
  "CLOUD_RUN_TASK_ATTEMPT",
  "CLOUD_RUN_TASK_COUNT",
]);
const noReservedVariables: Rule = (stack) =>
  variables(stack).flatMap(({ path, env }) =>
    keys(env)
      .filter((name) => reservedVariables.has(name))
      .map((name) => ({ path: `${path}.${name}`, message: "is set by Cloud Run and cannot be set here" })),
  );

const minIsNotAboveMax: Rule = (stack) => [
  ...Object.entries(stack.services ?? {}).flatMap(([name, { scaling }]) =>
    rangeIssue(`services.${name}.scaling`, scaling),
  ),
  ...Object.entries(stack.environments).flatMap(([environment, { scaling }]) =>
    Object.entries(scaling ?? {}).flatMap(([unit, range]) =>
      rangeIssue(`environments.${environment}.scaling.${unit}`, range),
    ),
  ),
];
function rangeIssue(
  path: string,
  range: { min?: number | undefined; max?: number | undefined } | undefined,
): readonly ConfigIssue[] {
  const { min, max } = range ?? {};
  return min !== undefined && max !== undefined && min > max
    ? [{ path: `${path}.min`, message: `must not exceed max (${max})` }]
    : [];
}

const sourcesHaveWhatTheyName: Rule = (stack) =>
  Object.entries(stack.secrets ?? {}).flatMap(([name, { source }]) =>
    (source === "database" && !stack.database) || (source === "redis" && !stack.redis)
      ? [{ path: `secrets.${name}.source`, message: `is "${source}", but the stack has no ${source}` }]
      : [],
  );

const environmentsNameRealUnits: Rule = (stack) =>
  Object.entries(stack.environments).flatMap(([environment, { domains, buckets, scaling }]) => [
    ...unknownNames(`environments.${environment}.domains`, domains, [...keys(stack.services), ...keys(stack.sites)]),
    ...unknownNames(`environments.${environment}.buckets`, buckets, keys(stack.sites)),
    ...unknownNames(`environments.${environment}.scaling`, scaling, keys(stack.services)),
  ]);
const unknownNames = (path: string, record: object | undefined, known: readonly string[]): readonly ConfigIssue[] =>
  keys(record)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: `${path}.${name}`,
      message: `names no unit of that kind; there are: ${known.join(", ") || "none"}`,
    }));

const everySiteHasABucket: Rule = (stack) =>
  Object.entries(stack.sites ?? {}).flatMap(([site, { bucket }]) =>
    Object.entries(stack.environments)
      .filter(([, { buckets }]) => !bucket && !buckets?.[site])
      .map(([environment]) => ({
        path: `environments.${environment}.buckets.${site}`,
        message: "is missing: each site needs a bucket",
      })),
  );

const afterNamesRealUnits: Rule = (stack) => {
  const known = new Set(units(stack).map(({ name }) => name));
  return (["jobs", "services", "workers", "sites"] as const).flatMap((group) =>
    Object.entries<{ after?: string[] | undefined }>(stack[group] ?? {}).flatMap(([name, { after }]) =>
      (after ?? [])
        .filter((other) => !known.has(other))
        .map((other) => ({ path: `${group}.${name}.after`, message: `there is no unit "${other}"` })),
    ),
  );
};

const templatesNameWhatExists: Rule = (stack) => {
  const known = new Set([
    "project",
    "region",
    "environment.name",
    "commit",
    "release",
    ...(stack.database ? ["database.connectionName", "database.name", "database.user"] : []),
    ...keys(stack.services).flatMap((name) => [`services.${name}.url`, `services.${name}.host`]),
    ...keys(stack.sites).map((name) => `sites.${name}.url`),
  ]);
  const texts = [
    ...variables(stack).flatMap(({ path, env }) =>
      Object.entries(env).map(([name, text]) => ({ path: `${path}.${name}`, text })),
    ),
    ...Object.entries(stack.sites ?? {}).flatMap(([site, { config }]) =>
      Object.entries(config ?? {}).map(([name, text]) => ({ path: `sites.${site}.config.${name}`, text })),
    ),
  ];
  return texts.flatMap(({ path, text }) =>
    templateReferences(text)
      .filter((reference) => !known.has(reference))
      .map((reference) => ({ path, message: `{${reference}} names nothing; there are: ${[...known].join(", ")}` })),
  );
};

export const rules: readonly Rule[] = [
  environmentsExist,
  unitNamesAreUnique,
  noUnitIsNamedAsWhatObjectsHave,
  imagesExist,
  secretsExist,
  aVariableIsEitherPlainOrSecret,
  noReservedVariables,
  minIsNotAboveMax,
  sourcesHaveWhatTheyName,
  environmentsNameRealUnits,
  everySiteHasABucket,
  afterNamesRealUnits,
  pathsAreNotReserved,
  livenessLooksAtTheProcess,
  startupFitsCloudRun,
  cpuIsWhatCloudRunHas,
  memoryFitsItsCpu,
  concurrencyFitsItsCpu,
  timeLimitsFitCloudRun,
  databaseSizeIsOffered,
  templatesNameWhatExists,
  ...sharingRules,
];
