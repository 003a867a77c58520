// From a unit of the stack to the Nx target that releases it. Pure.
import { posix } from "node:path";
import type { Unit } from "@slipway/config";
import type { TargetConfiguration } from "nx/src/devkit-exports.js";

export type Targets = Record<string, TargetConfiguration>;
type Dependency = { readonly projects: string[]; readonly target: string };

/** Name of the Nx project in a folder: `apps/backend` → `backend`. */
export type ProjectNames = (project: string) => string;

/** `image` (or `image-<name>` where a project holds several), a job's own name, `deploy-<name>` for what serves. */
export function unitTarget(unit: Unit, units: readonly Unit[]): string {
  if (unit.kind === "job") return unit.name;
  if (unit.kind !== "image") return `deploy-${unit.name}`;
  const siblings = units.filter(({ kind, project }) => kind === "image" && project === unit.project);
  return siblings.length === 1 ? "image" : `image-${unit.name}`;
}

/** One configuration an environment, so that `-c staging` reaches every task of a run. */
const configurations = (environments: readonly string[]): NonNullable<TargetConfiguration["configurations"]> =>
  Object.fromEntries(environments.map((name) => [name, { env: { DEPLOY_CONFIGURATION: name } }]));

/** Never hashed, since nothing is cached; but what they name is what `nx affected` counts as touching a deploy. */
const touching = (units: readonly Unit[]): NonNullable<TargetConfiguration["inputs"]> => [
  "production",
  "^production",
  "{workspaceRoot}/stack.ts",
  ...new Set(units.flatMap(contextOf)),
];

/** A Dockerfile may be built with more than its project. */
const contextOf = (unit: Unit): readonly string[] =>
  unit.kind === "image" && unit.build === "dockerfile" && unit.context !== unit.project
    ? [posix.join("{workspaceRoot}", unit.context, "**/*")]
    : [];

/** The command that releases one unit. It is never cached: whether there is something to do is decided against what is live. */
const step = (name: string, environments: readonly string[], units: readonly Unit[] = []): TargetConfiguration => ({
  executor: "nx:run-commands",
  cache: false,
  inputs: touching(units),
  options: { command: `node tools/scripts/src/main.mjs unit ${name}`, cwd: "{workspaceRoot}" },
  configurations: configurations(environments),
});

function dependencies(unit: Unit, units: readonly Unit[], nameOf: ProjectNames): (string | Dependency)[] {
  const earlier = unit.after.flatMap((name) => units.filter((other) => other.name === name));
  return [
    ...(unit.kind === "site" ? ["build"] : []),
    ...earlier.map((other) => ({ projects: [nameOf(other.project)], target: unitTarget(other, units) })),
  ];
}

/** Every deploy target of the project in `root`, and `deploy`, which aggregates those that put something into service. */
export function deployTargets(
  root: string,
  units: readonly Unit[],
  environments: readonly string[],
  nameOf: ProjectNames,
): Targets {
  const own = units.filter(({ project }) => project === root);
  if (own.length === 0) return {};
  const targets = own.map((unit): [string, TargetConfiguration] => [
    unitTarget(unit, units),
    { ...step(unit.name, environments, own), dependsOn: dependencies(unit, units, nameOf) },
  ]);
  const aggregate: TargetConfiguration = {
    executor: "nx:noop",
    cache: false,
    inputs: touching(own),
    dependsOn: targets.map(([name]) => name),
    configurations: Object.fromEntries(environments.map((name) => [name, {}])),
  };
  return { ...Object.fromEntries(targets), deploy: aggregate };
}

/** A stack that does not load: its `deploy` fails with every problem instead of silently having nothing to do. */
export const brokenStackTargets = (): Targets => ({ deploy: step("", []) });
