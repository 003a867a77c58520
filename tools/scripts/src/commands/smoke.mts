// `pnpm smoke:google --project P`: the whole path on a real project, with a throwaway stack, beside the local cloud.
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@slipway/config";
import {
  createTarget,
  DeployError,
  deployerAccount,
  listSecrets,
  readCommit,
  systemRuntime,
} from "@slipway/deploy-sdk";
import { startLocalCloud } from "@slipway/local-cloud";
import { $ } from "zx";
import { buildProjects } from "../build-projects.mts";
import { createCommand } from "../command.mts";
import { type CommandContext, runCommand } from "../run-command.mts";
import { compareTranscripts } from "../smoke/compare.mts";
import { mayExist, removeStack } from "../smoke/remove.mts";
import { runScenario } from "../smoke/scenario.mts";
import { throwawayStack } from "../smoke/throwaway-stack.mts";
import { ensureSystemPackages } from "../system-packages.mts";
import { loadWrittenStack, workspace } from "../workspace.mts";

type Options = {
  readonly project: string;
  readonly region?: string;
  readonly redisUrlEnv?: string;
  readonly keep: boolean;
  readonly json: boolean;
};

const options = createCommand(
  "pnpm smoke:google",
  "Provisions a throwaway stack in a real project, deploys it, rolls back, removes it, and says what differed from the local cloud. Costs a database for half an hour.",
  [
    "pnpm smoke:google --project my-empty-project",
    "pnpm smoke:google --project my-empty-project --redis-url-env REDIS_URL --keep",
  ],
)
  .requiredOption(
    "--project <id>",
    "a project that nothing is deployed to: its state bucket and secrets are used, and removed",
  )
  .option("--region <region>", "default: the stack's")
  .option("--redis-url-env <variable>", "variable with the address of a Redis (default: without Redis and worker)")
  .option("--keep", "remove nothing at the end", false)
  .option("--json", "one event or result a line on stdout, as JSON", false)
  .parse()
  .opts<Options>();

/** gcloud removes what this makes: better to know before that it is there and signed in. */
async function requireGcloud(): Promise<void> {
  const { exitCode } = await $({ quiet: true, nothrow: true })`gcloud projects describe ${options.project} --quiet`;
  if (exitCode === 0) return;
  throw new DeployError("usage", {
    subject: `project ${options.project}`,
    message: "gcloud cannot see it, and it is what removes the throwaway stack",
    hint: "gcloud auth login, and gcloud auth application-default login",
  });
}

async function smoke({ signal, present }: CommandContext): Promise<number> {
  await requireGcloud();
  await ensureSystemPackages("start", present.line);
  const written = await loadWrittenStack();
  const redisUrl = options.redisUrlEnv === undefined ? undefined : process.env[options.redisUrlEnv];
  const suffix = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0");
  const common = {
    written,
    project: options.project,
    region: options.region ?? written.region,
    suffix,
    redis: redisUrl !== undefined,
  };
  const google = throwawayStack({ ...common, endpoint: undefined });
  await requireEmpty(google.stack, signal);
  await buildProjects(
    google.stack.units.filter(({ kind }) => kind === "site").map(({ project }) => project),
    { signal, present },
  );
  const scenario = {
    commit: await readCommit(workspace, signal),
    secrets: redisUrl ? { REDIS_URL: redisUrl } : {},
    emit: present.event,
    say: present.line,
    signal,
  };

  const withDeployer = !(await hasDeployer(google.stack));
  const dataDir = await mkdtemp(join(tmpdir(), "slipway-smoke-"));
  const cloud = await startLocalCloud({ dataDir });
  const here: string[] = [];
  const there: string[] = [];
  try {
    present.line("▸ on the local cloud");
    await runScenario({ ...scenario, ...throwawayStack({ ...common, endpoint: cloud.url }) }, here);
    present.line(`▸ on Google, project ${options.project}`);
    await runScenario({ ...scenario, ...google }, there);
  } finally {
    // Also of a run that failed: where the two part is what one looks for.
    const differences = compareTranscripts(there, here);
    present.result({ differences }, () => (differences.length === 0 ? "no difference" : differences.join("\n")));
    await cloud.stop();
    await rm(dataDir, { recursive: true, force: true });
    const left = options.keep ? [] : await removeStack(google.stack, { withDeployer, say: present.line });
    for (const command of left) present.event({ type: "warning", message: "could not be removed", hint: command });
  }
  return 0;
}

/** The account that deploys is one a project: it is removed only where this run makes it. */
async function hasDeployer(stack: Stack): Promise<boolean> {
  const place = ["--project", stack.environment.project, "--quiet"];
  const asked = $({
    quiet: true,
    nothrow: true,
  })`gcloud iam service-accounts describe ${deployerAccount(stack)} ${place}`;
  return mayExist(await asked);
}

/** State and secrets have the same names for every stack: another's would be taken for ours, and removed. */
async function requireEmpty(stack: Stack, signal: AbortSignal): Promise<void> {
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  try {
    const call = { signal, subject: `project ${stack.environment.project}` };
    const state = await unlessAbsent(target.state.list("", call));
    const secrets = await unlessAbsent(listSecrets({ stack, target, signal }));
    const held = (secrets ?? []).filter(({ versions }) => versions.length > 0).map(({ name }) => `secret ${name}`);
    const found = [...(state ? [`bucket ${stack.environment.stateBucket}`] : []), ...held];
    if (found.length === 0) return;
    throw new DeployError("usage", {
      subject: call.subject,
      message: `is in use: it has ${found.join(", ")}`,
      hint: "use an empty project",
    });
  } finally {
    await target.close();
  }
}

/** Undefined where the thing, or the API that would have it, is not there. */
async function unlessAbsent<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DeployError && ["not-found", "not-provisioned"].includes(error.code)) return undefined;
    throw error;
  }
}

await runCommand(options, smoke);
