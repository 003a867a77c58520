// Infers every target from what a project contains and from the stack. Loaded by Nx as it is.
import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { environmentNames, resolveStack, type Unit, type WrittenStack } from "@slipway/config";
import type { CreateNodes, PostTasksExecution, PreTasksExecution, TargetConfiguration } from "nx/src/devkit-exports.js";
import { brokenStackTargets, deployTargets, type Targets, unitTarget } from "./targets.ts";
import { namesTarget, startUnitServer, type UnitServer } from "./unit-server.ts";

const stackFile = "stack.ts";

type LoadedStack = { readonly units: readonly Unit[]; readonly environments: readonly string[] };

/** Undefined where stack.ts is refused: the deploy targets then say why, when they run. */
async function loadStack(workspace: string): Promise<LoadedStack | undefined> {
  try {
    const { default: written } = await importStack(join(workspace, stackFile));
    const environments = environmentNames(written);
    return { environments, units: resolveStack(written, environments[0] ?? "").units };
  } catch {
    return undefined;
  }
}

const deadlineMs = 10_000;

/** Nx imports it too: one that exits would be a deploy that succeeds and does nothing, one that never ends hangs Nx. */
async function importStack(file: string): Promise<{ readonly default: WrittenStack }> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${file} does not end`)), deadlineMs);
  const ended = (): void => {
    process.exitCode = 2;
    console.error(`error  ${stackFile}: has ended Nx  [usage]\n  fix  correct ${stackFile}: throw instead of exiting`);
  };
  process.once("exit", ended);
  try {
    return await Promise.race([import(file), late]);
  } finally {
    clearTimeout(timer);
    process.off("exit", ended);
  }
}

/** Nx's name of a project: of one without a package.json, such as one in Python, its folder's. */
const projectName = (workspace: string, root: string): string => {
  const file = join(workspace, root, "package.json");
  if (!existsSync(file)) return basename(root);
  const manifest: { name?: string; nx?: { name?: string } } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.nx?.name ?? manifest.name ?? root;
};

function codeTargets(root: string, workspace: string): Targets {
  const has = (file: string): boolean => existsSync(join(workspace, root, file));
  const command = (text: string): TargetConfiguration => ({
    executor: "nx:run-commands",
    options: { command: text, cwd: "{projectRoot}" },
  });
  return {
    ...(has("vite.config.ts") && { build: command("vite build"), dev: { ...command("vite"), continuous: true } }),
    ...(has("tsconfig.json") && { typecheck: command("tsc -b") }),
    ...(has("vitest.config.ts") && { test: command("vitest run") }),
  };
}

/** Folders that the stack names and pnpm does not know, for they hold no package.json. */
const foreignProjects = (workspace: string, units: readonly Unit[] = []): readonly string[] =>
  [...new Set(units.map(({ project }) => project))].filter(
    (root) => existsSync(join(workspace, root)) && !existsSync(join(workspace, root, "package.json")),
  );

export const createNodes: CreateNodes = [
  `{${stackFile},{apps,examples,packages,tools}/*/package.json}`,
  async (files, _options, { workspaceRoot }) => {
    const stack = await loadStack(workspaceRoot);
    const nameOf = (root: string): string => projectName(workspaceRoot, root);
    const deployTargetsOf = (root: string): Targets => {
      if (!stack) return root.startsWith("apps/") ? brokenStackTargets() : {};
      return deployTargets(root, stack.units, stack.environments, nameOf);
    };
    const targetsOf = (root: string): Targets => ({ ...codeTargets(root, workspaceRoot), ...deployTargetsOf(root) });
    return files.map((file) => {
      if (file !== stackFile) return [file, { projects: { [dirname(file)]: { targets: targetsOf(dirname(file)) } } }];
      const foreign = foreignProjects(workspaceRoot, stack?.units);
      const projects = foreign.map((root) => [root, { name: nameOf(root), targets: targetsOf(root) }]);
      return [file, { projects: Object.fromEntries(projects) }];
    });
  },
];

/**
 * All tasks of one Nx invocation belong to one release, so that they share its lock and its record. The configuration is
 * passed on as it was asked for: Nx runs a target without one that it does not have, and a typing error of `staging`
 * would be a deploy to `local`.
 */
export const preTasksExecution: PreTasksExecution = async (_options, { argv, workspaceRoot }) => {
  process.env["DEPLOY_RELEASE"] ??= releaseId(new Date());
  const configuration = askedConfiguration(argv);
  if (configuration) process.env["DEPLOY_CONFIGURATION"] = configuration;
  const { units = [] } = (await loadStack(workspaceRoot)) ?? {};
  if (!namesTarget(argv, new Set(["deploy", ...units.map((unit) => unitTarget(unit, units))]))) return;
  unitServer = startUnitServer(workspaceRoot);
  process.env["DEPLOY_UNITS"] = unitServer.socket;
};
let unitServer: UnitServer | undefined;

/** Nx itself ends with 1 whatever failed, and whoever runs a deploy decides by its exit code. */
export const postTasksExecution: PostTasksExecution = async () => {
  const failed = await unitServer?.end();
  process.once("exit", (exitCode) => {
    if (exitCode === 1 && failed) process.exitCode = failed;
  });
};

/** The last of `-c staging`, `-c=staging`, `--configuration staging` and `--configuration=staging`; `staging` of `nx run backend:image:staging`. */
export function askedConfiguration(argv: readonly string[]): string | undefined {
  const line = argv.join("\0");
  const option = [...line.matchAll(/(?:^|\0)(?:-c|--configuration)[\0=]([^\0]+)/g)].at(-1)?.[1];
  return option ?? /(?:^|\0)run\0[^\0:]+:[^\0:]+:([^\0:]+)/.exec(line)?.[1];
}

/** UTC, two base-36 digits of milliseconds, two of chance: `20261121T101530Z-9f2c`, as `createReleaseId` of the SDK makes them. */
function releaseId(now: Date): string {
  const digits = (value: number): string => value.toString(36).padStart(2, "0");
  const seconds = now.toISOString().slice(0, 19).replace(/[-:]/g, "");
  return `${seconds}Z-${digits(now.getUTCMilliseconds())}${digits(randomInt(36 ** 2))}`;
}
