import { resolveStack, type WrittenStack } from "@slipway/config";
import { expect, test } from "vitest";
import { deployTargets } from "./targets.ts";

const written = {
  name: "shop",
  region: "europe-west1",
  environments: { local: { project: "shop-local" }, production: { project: "shop-prod" } },
  images: { backend: { build: "node", project: "apps/shop", entry: "src/main.ts" } },
  jobs: { migrate: { project: "apps/shop", image: "backend" } },
  services: { api: { project: "apps/shop", image: "backend" } },
  sites: { app: { project: "apps/web", bucket: "app.shop.example" } },
} satisfies WrittenStack;
const { units } = resolveStack(written, "local");
const targets = (root: string) =>
  deployTargets(root, units, ["local", "production"], (project) => project.replace("apps/", ""));

test("a project has one target a unit, and `deploy` aggregates them", () => {
  expect(Object.keys(targets("apps/shop"))).toEqual(["image", "migrate", "deploy-api", "deploy"]);
  expect(targets("apps/shop")["deploy"]?.dependsOn).toEqual(["image", "migrate", "deploy-api"]);
});

test("a service waits for its image and its migration, a site for its build, the migration and the services", () => {
  expect(targets("apps/shop")["deploy-api"]?.dependsOn).toEqual([
    { projects: ["shop"], target: "image" },
    { projects: ["shop"], target: "migrate" },
  ]);
  expect(targets("apps/web")["deploy-app"]?.dependsOn).toEqual([
    "build",
    { projects: ["shop"], target: "migrate" },
    { projects: ["shop"], target: "deploy-api" },
  ]);
});

test("no deploy target is ever cached, and each has a configuration an environment", () => {
  for (const root of ["apps/shop", "apps/web"]) {
    for (const target of Object.values(targets(root))) {
      expect(target.cache).toBe(false);
      expect(Object.keys(target.configurations ?? {})).toEqual(["local", "production"]);
    }
  }
});

test("a project without units has no deploy target", () => {
  expect(targets("packages/config")).toEqual({});
});

test("a change of the stack touches every project that it deploys", () => {
  for (const root of ["apps/shop", "apps/web"]) {
    for (const target of Object.values(targets(root))) expect(target.inputs).toContain("{workspaceRoot}/stack.ts");
  }
});

test("a change in the build context of a Dockerfile touches the project that is built with it", () => {
  const images = { backend: { build: "dockerfile", project: "apps/shop", context: "services/shared" } } as const;
  const { units: wider } = resolveStack({ ...written, images }, "local");
  const all = deployTargets("apps/shop", wider, ["local"], (project) => project);
  for (const target of Object.values(all)) expect(target.inputs).toContain("{workspaceRoot}/services/shared/**/*");
});
