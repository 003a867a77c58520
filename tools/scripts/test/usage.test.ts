// What bad input gets: one clear error, a fix, exit code 2, nothing touched.
import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runProcess, runScript, startProcess } from "./support/run-command.ts";
import { createTempFolder } from "./support/temp-folder.ts";
import { waitFor } from "./support/wait-for.ts";

const commands = [
  "release",
  "status",
  "history",
  "logs",
  "rollback",
  "unlock",
  "provision",
  "secret",
  "sync",
  "local",
  "up",
  "bench",
];

test.each(commands)("%s --help tells what it does, with examples", async (name) => {
  const { code, stdout } = await runScript(name, ["--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Usage:");
  expect(stdout).toContain("Examples:");
});

test("a stack with five mistakes is refused with all five, before anything is asked of any cloud", async () => {
  const stack = join(await createTempFolder(), "stack.ts");
  const config = new URL("../../../packages/config/src/index.ts", import.meta.url).href;
  await writeFile(
    stack,
    `import { defineStack } from ${JSON.stringify(config)};
     export default defineStack({ name: "Shop", region: "asia", environments: { local: { project: "shop-local" } },
       images: { backend: { build: "node", project: "../x", entry: "main.ts" } },
       services: { api: { project: "apps/x", image: "web", scaling: { min: 3, max: 2 } } } });`,
  );
  const { code, stderr } = await runScript("status", [], { env: { DEPLOY_STACK: stack } });
  expect(code).toBe(2);
  for (const path of ["name", "region", "images.backend.project", "services.api.image", "services.api.scaling.min"]) {
    expect(stderr).toContain(`${path}: `);
  }
  expect(stderr).toContain("5 problems");
  expect(stderr).toContain("fix");
});

test("a reader that goes away ends no command halfway: it does what it would, with its exit code", async () => {
  const { child, finished } = startProcess(["node", "tools/scripts/src/main.mjs", "status", "--json", "--env", "prod"]);
  child.stdout?.destroy();
  expect(await finished).toMatchObject({ code: 2, stderr: "" });
});

test.each([
  ["does not parse", "export default {", "SyntaxError"],
  ["throws", 'throw new Error("no HOME");', "no HOME"],
  ["ends the process", "process.exit(0);", "has ended the command"],
  ["exports nothing", "export const stack = {};", "expected object"],
  ["does not use defineStack", 'export default { name: "Shop" };', "environments: "],
])("a stack that %s is a mistake of its own and no bug", async (_, text, told) => {
  const stack = join(await createTempFolder(), "stack.ts");
  await writeFile(stack, text);
  const { code, stderr } = await runScript("status", [], { env: { DEPLOY_STACK: stack } });
  expect(code).toBe(2);
  expect(stderr).toContain(told);
  expect(stderr).not.toContain("this is a bug");
});

describe("the environment", () => {
  test("one that the stack does not have is named, with those it has", async () => {
    const { code, stderr } = await runScript("status", ["--env", "prod"]);
    expect(code).toBe(2);
    expect(stderr).toContain('environment "prod"');
    expect(stderr).toContain("local, staging, production");
  });

  test("is none that Nx was asked for and does not know, rather than `local`", async () => {
    const { code, stdout, stderr } = await runProcess(["nx", "run", "backend:image", "-c", "stagng"]);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('environment "stagng"');
  });

  test("is never guessed where two places disagree", async () => {
    const { code, stderr } = await runScript("status", ["--env", "staging"], { env: { DEPLOY_ENV: "production" } });
    expect(code).toBe(2);
    expect(stderr).toContain('--env says "staging" and DEPLOY_ENV says "production"');
  });

  test("is not taken for `local` where a script's variable was empty", async () => {
    const { code, stderr } = await runScript("status", ["--env", ""]);
    expect(code).toBe(2);
    expect(stderr).toContain("--env: is empty");
  });
});

test("a unit that the stack does not have is named, with those it has", async () => {
  const { code, stderr } = await runScript("release", ["backnd"]);
  expect(code).toBe(2);
  expect(stderr).toContain('unit "backnd"');
  expect(stderr).toContain("backend, migrate, api, worker, frontend");
});

test("a real environment without credentials says what to run", async () => {
  const home = await createTempFolder();
  const env = {
    HOME: home,
    CLOUDSDK_CONFIG: home,
    GOOGLE_APPLICATION_CREDENTIALS: undefined,
    NO_GCE_CHECK: "true",
    METADATA_SERVER_DETECTION: "none",
  };
  const { code, stderr } = await runScript("status", ["--env", "staging"], { env });
  expect(code).toBe(2);
  expect(stderr).toContain("[credentials-missing]");
  expect(stderr).toContain("gcloud auth application-default login");
});

test("a port that another program uses is named, with the way round it", async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const { code, stderr } = await runScript("up", ["--once", "--port", port, "--data-dir", await createTempFolder()]);
  expect(code).toBe(2);
  expect(stderr).toContain("[port-in-use]");
  expect(stderr).toContain(port);
  expect(stderr).toContain("fix");
});

test("a cloud that runs already is neither moved nor given other rules: both are refused", async () => {
  const dataDir = await createTempFolder();
  const local = (...args: readonly string[]) => runScript("local", [...args, "--data-dir", dataDir]);
  expect((await local("start", "--port", "0")).code).toBe(0);
  onTestFinished(async () => void (await local("stop")));
  const refused = await Promise.all([
    runScript("up", ["--once", "--port", "9", "--data-dir", dataDir]),
    local("start", "--port", "9"),
    local("start", "--iam", "enforce"),
  ]);
  for (const { code, stderr } of refused) {
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/runs already, at http.*\[usage\]\n {2}fix .*pnpm local stop/);
  }
  expect((await local("start", "--port", "0", "--iam", "off")).code).toBe(0);
});

test("`local reset` removes no folder that holds anything else", async () => {
  const folder = await createTempFolder();
  await writeFile(join(folder, "state.db"), "");
  await writeFile(join(folder, "thesis.txt"), "");
  const { code, stderr } = await runScript("local", ["reset", "--data-dir", folder]);
  expect(code, stderr).toBe(2);
  expect(stderr).toContain("thesis.txt");
  expect(await readdir(folder)).toHaveLength(2);
});

test("an unknown option is refused", async () => {
  const { code, stderr } = await runProcess(["node", "tools/scripts/src/main.mjs", "status", "--evn", "staging"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--evn");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s lets a command give back what it holds", async (signal) => {
  const dataDir = await createTempFolder();
  const args = ["local", "start", "--foreground", "--port", "0", "--data-dir", dataDir];
  const { child, finished, output } = startProcess(["node", "tools/scripts/src/main.mjs", ...args]);
  await waitFor("its address", () => output().includes("http://") || undefined);
  child.kill(signal);
  expect((await finished).code).toBe(0);
  expect(await readdir(dataDir)).not.toContain("lock");
});

test("a secret given on the command line is refused, and not shown", async () => {
  const { code, stdout, stderr } = await runScript("secret", ["set", "SENTRY_DSN", "https://hunter2@sentry.example/1"]);
  expect(code).toBe(2);
  expect(stderr).toContain("pnpm secret set SENTRY_DSN < file");
  expect(stdout + stderr).not.toContain("hunter2");
});

test("a sync without requests at once is refused", async () => {
  const { code, stderr } = await runScript("sync", [await createTempFolder(), "gs://site", "--concurrency", "0"]);
  expect(code).toBe(2);
  expect(stderr).toContain("from 1 to 1024");
});
