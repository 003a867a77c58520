// The process that releases for all tasks of a run of Nx, and the tasks that ask it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask } from "./support/ask.ts";
import { type Finished, type Running, startProcess, workspace } from "./support/run-command.ts";
import { type SmallCloud, startSmallCloud } from "./support/small-cloud.ts";
import { waitFor } from "./support/wait-for.ts";

const image = "europe-west1-docker.pkg.dev/units-local/units-backend/api:v1";
let cloud: SmallCloud;
let server: ChildProcess;
let socket: string;
let env: Readonly<Record<string, string>>;

/** As an Nx task is run. */
const startUnit = (variables: Readonly<Record<string, string>> = {}): Running =>
  startProcess(["node", "tools/scripts/src/main.mjs", "unit", "backend"], {
    env: { ...env, DEPLOY_UNITS: socket, ...variables },
  });
const unit = (variables?: Readonly<Record<string, string>>): Promise<Finished> => startUnit(variables).finished;

const elsewhere = (): string => join(cloud.folder, "elsewhere.ts");

const stall = async (): Promise<() => Promise<boolean>> => {
  const rule = { match: { path: "*/manifests/*" }, fault: { kind: "stall" } };
  const added = await ask(`${cloud.url}/_local/faults`, rule);
  expect(added.status).toBe(200);
  const { id } = JSON.parse(added.text) as { id: string };
  return async () => {
    const { faults } = JSON.parse((await ask(`${cloud.url}/_local/faults`)).text) as { faults: readonly Fault[] };
    return faults.some((fault) => fault.id === id && fault.consumed === 1);
  };
};
const faultsConsumed = async (): Promise<number> => {
  const { faults } = JSON.parse((await ask(`${cloud.url}/_local/faults`)).text) as { faults: readonly Fault[] };
  return faults.filter(({ fault }) => fault.kind === "latency").reduce((sum, { consumed }) => sum + consumed, 0);
};
type Fault = { readonly id: string; readonly consumed: number; readonly fault: { readonly kind: string } };

beforeAll(async () => {
  cloud = await startSmallCloud();
  await cloud.provide("units", { images: { backend: { build: "none", project: "apps/backend", reference: image } } });
  const folder = join(cloud.folder, "run");
  socket = join(folder, "socket");
  await mkdir(folder);
  const file = join(cloud.folder, "units.ts");
  env = { DEPLOY_STACK: file, DEPLOY_ENV: "local" };
  // With the variables of a task, as Nx and its plugin give them to both.
  const probe = startProcess(["node", "-p", "JSON.stringify(process.env)"], { env });
  server = fork(join(workspace, "tools/scripts/src/main.mjs"), ["units", socket], {
    cwd: workspace,
    env: JSON.parse((await probe.finished).stdout) as NodeJS.ProcessEnv,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // Node keeps what nobody listens to for the first who does.
  server.on("message", () => {});
  await waitFor("the socket", () => existsSync(socket), 30_000);
  // From here on only what has read the stack can release.
  await rename(file, elsewhere());
}, 120_000);
afterAll(() => cloud.stop(), 60_000);

test("a task has its unit released by that process, and says and ends as it does", async () => {
  const { code, stderr } = await unit();
  expect(stderr).toContain(`${image}  [image-not-found]`);
  expect(code).toBe(3);
});

test("a task with other variables releases by itself", async () => {
  const { code, stderr } = await unit({ GOOGLE_CLOUD_PROJECT: "other" });
  expect(stderr).toContain("units.ts: cannot be run");
  expect(code).toBe(2);
});

test("a task whose process was killed, and left its socket, releases by itself", async () => {
  const left = join(cloud.folder, "left");
  await writeFile(left, "");
  expect((await unit({ DEPLOY_UNITS: left })).stderr).toContain("units.ts: cannot be run");
});

test("started by a person it removes nothing of theirs", async () => {
  const folder = join(cloud.folder, "theirs");
  const file = join(folder, "file");
  await mkdir(folder);
  await writeFile(file, "");
  const start = (...args: readonly string[]): Promise<Finished> =>
    startProcess(["node", "tools/scripts/src/main.mjs", "units", ...args], { env }).finished;
  expect((await start()).code).toBe(2);
  await start(file);
  await start(join(folder, "socket"));
  expect(existsSync(file)).toBe(true);
});

test("a task that is killed before it has read its answer takes no other along", async () => {
  const rule = { match: { path: "*/manifests/*" }, fault: { kind: "latency", delayMs: 500 } };
  expect((await ask(`${cloud.url}/_local/faults`, rule)).status).toBe(200);
  const answered = once(server, "message");
  const killed = startUnit();
  // Stopped, it reads nothing: the line is reset with its death.
  await waitFor("its request", async () => (await faultsConsumed()) > 0, 20_000);
  killed.child.kill("SIGSTOP");
  await answered;
  killed.child.kill("SIGKILL");
  await killed.finished;
  expect((await unit()).code).toBe(3);
});

test("a task that is told to stop stops its release, and no other", async () => {
  const hasStalled = await stall();
  const stopped = startUnit();
  await waitFor("the stall", hasStalled, 20_000);
  const other = unit();
  stopped.child.kill("SIGTERM");
  expect((await stopped.finished).code).toBe(130);
  expect((await other).code).toBe(3);
});

test("a task that releases by itself is stopped at a safe point too, not at once", async () => {
  const hasStalled = await stall();
  const stopped = startUnit({ DEPLOY_STACK: elsewhere() });
  await waitFor("the stall", hasStalled, 20_000);
  stopped.child.kill("SIGTERM");
  expect(await stopped.finished).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("interrupted  [aborted]"),
  });
});

test("a task whose release dies in the middle says so, and does not begin it anew", async () => {
  const path = join(cloud.folder, "dying");
  const dying = createServer((line) => line.once("data", () => line.end('{"stderr":"begun\\n"}\n{"std')));
  onTestFinished(() => void dying.close());
  await once(dying.listen(path), "listening");
  const { code, stderr } = await unit({ DEPLOY_UNITS: path });
  expect(stderr).toMatch(
    /^begun\nerror {2}unit "backend": the process that released it was killed {2}\[aborted\]\n {2}fix {2}run it/,
  );
  expect(code).toBe(130);
});

test("it ends with who started it, and takes its folder away: later tasks release by themselves", async () => {
  server.disconnect();
  await once(server, "exit");
  expect(server.exitCode).toBe(0);
  expect(existsSync(join(socket, ".."))).toBe(false);
  expect((await unit()).stderr).toContain("units.ts: cannot be run");
});
