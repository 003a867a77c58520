// What only one unit or environment may have: of two that share it, each deploy undoes the other's, and a deploy to
// staging is one to production. Pure.
import type { ConfigIssue } from "./config-error.ts";
import type { WrittenEnvironment, WrittenStack } from "./written.ts";

type Rule = (stack: WrittenStack) => readonly ConfigIssue[];
/** One field that names something, and where that name must be the only one. */
type Use = { readonly path: string; readonly scope: string; readonly name: string };

const repeated = (uses: readonly Use[]): readonly ConfigIssue[] =>
  uses.flatMap(({ path, scope, name }, index) => {
    const first = uses.findIndex((use) => use.scope === scope && use.name === name);
    return first < index ? [{ path, message: `"${name}" is ${uses[first]?.path} already; each needs its own` }] : [];
  });

/** Google's own cloud, or one on loopback: what has one name in two clouds is two things. */
const cloudOf = ({ endpoint = "google" }: WrittenEnvironment): string => endpoint;

/** Everything that a stack deploys has one name per project. */
const environmentsHaveTheirOwnProject: Rule = ({ environments }) =>
  repeated(
    Object.entries(environments).map(([environment, from]) => ({
      path: `environments.${environment}.project`,
      scope: cloudOf(from),
      name: from.project,
    })),
  );

const unitsHaveTheirOwnResource: Rule = (stack) => {
  const named = <Unit extends { readonly name?: string | undefined }>(
    group: string,
    units: Readonly<Record<string, Unit>> = {},
    scope: (unit: Unit) => string = () => group,
  ): readonly Use[] =>
    Object.entries(units).map(([key, unit]) => ({
      path: `${group}.${key}${unit.name === undefined ? "" : ".name"}`,
      scope: scope(unit),
      name: unit.name ?? `${stack.name}-${key}`,
    }));
  const images = Object.entries(stack.images ?? {}).flatMap(([key, image]) =>
    image.build === "none" ? [] : [{ path: `images.${key}`, scope: "images", name: image.name ?? key }],
  );
  return repeated([
    ...images,
    ...named("jobs", stack.jobs),
    ...named("services", stack.services),
    ...named("workers", stack.workers, ({ as }) => (as === "service" ? "services" : "workers")),
  ]);
};

/** Names of buckets are the whole cloud's. A site's is public, and the state bucket must never be. */
const bucketsHaveOneOwner: Rule = ({ environments, sites = {} }) => {
  const all = Object.entries(environments);
  const states = all.map(([environment, from]) => ({
    path: `the state bucket of ${environment}`,
    scope: cloudOf(from),
    name: `${from.project}-deploy-state`,
  }));
  const ofSites = all.flatMap(([environment, from]) =>
    Object.entries(sites).flatMap(([site, { bucket }]) => {
      const name = from.buckets?.[site] ?? bucket;
      return name ? [{ path: `environments.${environment}.buckets.${site}`, scope: cloudOf(from), name }] : [];
    }),
  );
  // Of two environments with one project that is said already.
  return repeated([
    ...states.filter(({ name }, index) => states.findIndex((one) => one.name === name) === index),
    ...ofSites,
  ]);
};

const domainsHaveOneOwner: Rule = ({ environments }) =>
  repeated(
    Object.entries(environments).flatMap(([environment, from]) =>
      Object.entries(from.domains ?? {}).map(([unit, name]) => ({
        path: `environments.${environment}.domains.${unit}`,
        scope: cloudOf(from),
        name,
      })),
    ),
  );

export const sharingRules: readonly Rule[] = [
  environmentsHaveTheirOwnProject,
  unitsHaveTheirOwnResource,
  bucketsHaveOneOwner,
  domainsHaveOneOwner,
];
