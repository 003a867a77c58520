// One environment a run: every task of an Nx run works on the one that `-c` or DEPLOY_ENV names, and where two places name
// different ones nothing is done at all.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReleaseReport, ReleaseSummary } from "@slipway/deploy-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "./support/ask.ts";
import { type Finished, runProcess, runScript, workspace } from "./support/run-command.ts";
import { type SmallCloud, startSmallCloud } from "./support/small-cloud.ts";
import { resultOf } from "./support/stack-up.ts";

const units = ["api", "backend", "frontend", "migrate", "worker"];
let cloud: SmallCloud;
let env: Readonly<Record<string, string>>;

/** The stack of this workspace with a `staging` that is on this machine, as `local` is. */
const stackWithStaging = (url: string): string => `import stack from ${JSON.stringify(join(workspace, "stack.ts"))};
const { local } = stack.environments;
const on = (project: string) => ({ ...local, project, endpoint: ${JSON.stringify(url)} });
const staging = { ...on("botbalance-staging"), buckets: { frontend: "app.staging.botbalance.me" } };
export default { ...stack, environments: { ...stack.environments, local: on(local.project), staging } };
`;

beforeAll(async () => {
  cloud = await startSmallCloud();
  const file = join(cloud.folder, "stack.ts");
  await writeFile(file, stackWithStaging(cloud.url));
  env = { DEPLOY_STACK: file, DEPLOY_JSON: "1" };
  const { code, stderr } = await runScript("provision", ["--env", "staging"], { env });
  expect(code, stderr).toBe(0);
}, 180_000);
afterAll(() => cloud.stop(), 60_000);

const deploy = (args: readonly string[], variables: Readonly<Record<string, string>>): Promise<Finished> =>
  runProcess(["nx", "run-many", "-t", "deploy", ...args], { env: { ...env, ...variables }, timeoutMs: 180_000 });
/** What each task reported. */
const reportsOf = ({ events }: Finished): readonly ReleaseReport[] =>
  events.flatMap(({ type, result }) => (type === "result" ? [result as ReleaseReport] : []));
const writes = async (): Promise<unknown> =>
  (JSON.parse((await ask(`${cloud.url}/_local/status`)).text) as { counters: { writes: unknown } }).counters.writes;

test("`-c staging` reaches every task: each releases into staging, as one release, and none into local", async () => {
  const finished = await deploy(["-c", "staging"], {});
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
  const reports = reportsOf(finished);
  expect(reports.flatMap(({ done }) => done).toSorted()).toEqual(units);
  expect(new Set(reports.map(({ environment }) => environment))).toEqual(new Set(["staging"]));
  const history = resultOf<readonly ReleaseSummary[]>(
    await runScript("history", ["--env", "staging", "--json"], { env }),
  );
  expect(history.map(({ releaseId }) => releaseId)).toEqual([reports[0]?.releaseId]);
  expect(history[0]?.entries.map(({ unit, environment }) => [unit, environment]).toSorted()).toEqual(
    units.map((unit) => [unit, "staging"]),
  );
  expect((await ask(`${cloud.url}/storage/v1/b/botbalance-local-deploy-state`)).status).toBe(404);
}, 200_000);

test("DEPLOY_ENV=staging reaches every task, which finds all as it should be", async () => {
  const before = await writes();
  const finished = await deploy([], { DEPLOY_ENV: "staging" });
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
  const reports = reportsOf(finished);
  expect(reports.flatMap(({ done }) => done).toSorted()).toEqual(units);
  expect(new Set(reports.map(({ environment }) => environment))).toEqual(new Set(["staging"]));
  expect(await writes()).toEqual(before);
}, 120_000);

test("`-c local` with DEPLOY_ENV=staging is refused by the first task, and nothing is done to either", async () => {
  const before = await writes();
  const { code, stdout, stderr } = await deploy(["-c", "local"], { DEPLOY_ENV: "staging", DEPLOY_JSON: "" });
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('-c says "local" and DEPLOY_ENV says "staging"');
  expect(await writes()).toEqual(before);
}, 120_000);
