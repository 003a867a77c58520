import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askedConfiguration, createNodes } from "./plugin.ts";
import { namesTarget } from "./unit-server.ts";

const stack = {
  name: "shop",
  region: "europe-west1",
  environments: { local: { project: "shop-local" } },
  images: { backend: { build: "dockerfile", project: "apps/shop" } },
  services: { api: { project: "apps/shop", image: "backend" } },
  sites: { app: { project: "apps/web", bucket: "app.shop.example" } },
};

async function infer(files: Readonly<Record<string, string>>) {
  const workspaceRoot = await mkdtemp(join(tmpdir(), "nx-"));
  onTestFinished(() => rm(workspaceRoot, { recursive: true }));
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(workspaceRoot, file, ".."), { recursive: true });
    await writeFile(join(workspaceRoot, file), content);
  }
  const named = Object.keys(files).filter((file) => file === "stack.ts" || file.endsWith("package.json"));
  const results = await createNodes[1](named, undefined, { workspaceRoot, nxJsonConfiguration: {} });
  return Object.fromEntries(results.map(([file, { projects }]) => [file, projects]));
}

const python = {
  "stack.ts": `export default ${JSON.stringify(stack)};`,
  "apps/shop/manage.py": "",
  "apps/web/package.json": JSON.stringify({ name: "@shop/web", nx: { name: "web" } }),
};

test("a folder of the stack without a package.json, such as one in Python, is a project of its folder's name", async () => {
  const inferred = await infer(python);
  expect(inferred["stack.ts"]).toEqual({
    "apps/shop": {
      name: "shop",
      targets: { image: expect.any(Object), "deploy-api": expect.any(Object), deploy: expect.any(Object) },
    },
  });
  expect(inferred["apps/web/package.json"]?.["apps/web"]?.targets?.["deploy-app"]?.dependsOn).toEqual([
    "build",
    { projects: ["shop"], target: "deploy-api" },
  ]);
});

test("one with a package.json is inferred from that, and named by it", async () => {
  const inferred = await infer({ ...python, "apps/shop/package.json": JSON.stringify({ nx: { name: "backend" } }) });
  expect(inferred["stack.ts"]).toEqual({});
  expect(Object.keys(inferred["apps/shop/package.json"]?.["apps/shop"]?.targets ?? {})).toContain("deploy-api");
});

test("a stack that does not load gives every application a deploy that says why", async () => {
  const inferred = await infer({ ...python, "stack.ts": "export default {};" });
  expect(inferred["stack.ts"]).toEqual({});
  expect(Object.keys(inferred["apps/web/package.json"]?.["apps/web"]?.targets ?? {})).toEqual(["deploy"]);
});

test.each([
  [["run-many", "-t", "deploy", "-c", "staging"], "staging"],
  [["affected", "-t", "deploy", "--configuration=staging"], "staging"],
  [["run-many", "-c=production", "--configuration", "staging"], "staging"],
  [["run", "backend:image:staging"], "staging"],
  [["run", "backend:image"], undefined],
  [["run-many", "-t", "deploy"], undefined],
  [["run-many", "-t", "deploy", "-c"], undefined],
])("the configuration that %j asks for is %s", (argv, configuration) => {
  expect(askedConfiguration(argv)).toBe(configuration);
});

test.each([
  [["run-many", "-t", "deploy"], true],
  [["affected", "--targets=test,deploy"], true],
  [["run", "backend:image:staging"], true],
  [["image", "backend"], true],
  [["run-many", "-t", "build", "-p", "deploy-sdk"], false],
])("%j deploys: %s", (argv, deploys) => {
  expect(namesTarget(argv, new Set(["deploy", "image"]))).toBe(deploys);
});

test("a stack that exits ends Nx with an error, and not as a deploy that has succeeded", async () => {
  const workspaceRoot = await mkdtemp(join(tmpdir(), "nx-"));
  onTestFinished(() => rm(workspaceRoot, { recursive: true }));
  await writeFile(join(workspaceRoot, "stack.ts"), "process.exit(0);");
  const plugin = JSON.stringify(new URL("plugin.ts", import.meta.url).href);
  const code = `import(${plugin}).then(({ createNodes }) => createNodes[1](["stack.ts"], undefined, ${JSON.stringify({ workspaceRoot })}))`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
  expect([status, stderr]).toEqual([2, expect.stringContaining("stack.ts: has ended Nx")]);
});
