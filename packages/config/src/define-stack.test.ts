import { describe, expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { defineStack, stackIssues } from "./define-stack.ts";
import type { WrittenStack } from "./written.ts";

const valid: WrittenStack = {
  name: "shop",
  region: "europe-west1",
  environments: { local: { project: "shop-local", endpoint: "http://127.0.0.1:8790" } },
  database: { version: "POSTGRES_15" },
  secrets: { DATABASE_URL: { source: "database" } },
  images: { backend: { build: "node", project: "apps/shop", entry: "src/main.ts" } },
  services: { api: { project: "apps/shop", image: "backend", secrets: ["DATABASE_URL"], public: true } },
  sites: { app: { project: "apps/web", bucket: "app.shop.example", config: { apiUrl: "{services.api.url}" } } },
};
const paths = (written: unknown): readonly string[] => stackIssues(written).map(({ path }) => path);

describe("stackIssues", () => {
  test("accepts a stack in which every reference exists", () => {
    expect(stackIssues(valid)).toEqual([]);
  });

  test("lists five mistakes of shape and of meaning at once, each with its path", () => {
    const written = {
      ...valid,
      region: "Europe",
      services: {
        api: {
          project: "apps/shop",
          image: "frontend",
          secrets: ["DATABASE_URI"],
          scaling: { min: 4, max: 3 },
          health: "/healthz",
        },
      },
    };
    expect(stackIssues(written)).toEqual([
      { path: "region", message: "must be a region such as asia-southeast1" },
      { path: "services.api.image", message: 'there is no image "frontend"; there are: backend' },
      { path: "services.api.secrets[0]", message: 'there is no secret "DATABASE_URI"' },
      { path: "services.api.scaling.min", message: "must not exceed max (3)" },
      {
        path: "services.api.health",
        message: 'Cloud Run keeps "/healthz" for itself (paths that end in z, /_ah/, /eventlog)',
      },
    ]);
  });

  test("refuses an unknown field instead of ignoring it", () => {
    expect(stackIssues({ ...valid, scheduler: {} })).toMatchObject([{ message: expect.stringContaining("scheduler") }]);
  });

  test.each([
    ["a unit name used twice", { jobs: { api: { project: "apps/shop", image: "backend" } } }, ["services.api"]],
    [
      "a template that names nothing",
      { sites: { app: { ...valid.sites?.["app"], project: "apps/web", config: { a: "{services.web.url}" } } } },
      ["sites.app.config.a"],
    ],
    [
      "a domain of no unit",
      { environments: { local: { project: "shop-local", domains: { web: "a.example.com" } } } },
      ["environments.local.domains.web"],
    ],
    ["a site without a bucket", { sites: { app: { project: "apps/web" } } }, ["environments.local.buckets.app"]],
    [
      "an endpoint that is not loopback",
      { environments: { local: { project: "shop-local", endpoint: "http://10.0.0.1:80" } } },
      ["environments.local.endpoint"],
    ],
    [
      "a path that leaves the workspace",
      { images: { backend: { build: "node", project: "../shop", entry: "main.ts" } } },
      ["images.backend.project"],
    ],
    [
      "a variable that Cloud Run sets",
      { services: { api: { project: "a", image: "backend", env: { PORT: "1" } } } },
      ["services.api.env.PORT"],
    ],
    [
      "a variable that is a secret too",
      { services: { api: { project: "a", image: "backend", env: { DATABASE_URL: "x" }, secrets: ["DATABASE_URL"] } } },
      ["services.api.env.DATABASE_URL"],
    ],
    [
      "an environment's variables that are reserved, secret or name nothing",
      { environments: { local: { project: "shop-local", env: { PORT: "1", DATABASE_URL: "x", A: "{nothing}" } } } },
      ["environments.local.env.DATABASE_URL", "environments.local.env.PORT", "environments.local.env.A"],
    ],
    ["a secret from a database that is not there", { database: undefined }, ["secrets.DATABASE_URL.source"]],
    [
      "a startup probe that Cloud Run would refuse",
      { services: { api: { project: "a", image: "backend", startup: { path: "/live", period: "1m", failures: 5 } } } },
      ["services.api.startup"],
    ],
    [
      "a liveness probe that looks at the dependencies",
      { services: { api: { project: "a", image: "backend", liveness: { path: "/api/health" } } } },
      ["services.api.liveness.path"],
    ],
    ["no environment", { environments: {} }, ["environments"]],
    [
      "an `after` that names nothing",
      { sites: { app: { project: "apps/web", bucket: "app.shop.example", after: ["x"] } } },
      ["sites.app.after"],
    ],
    [
      "two environments in one project",
      { environments: { staging: { project: "shop-one" }, production: { project: "shop-one" } } },
      ["environments.production.project", "environments.production.buckets.app"],
    ],
    [
      "two units of one name on Cloud Run",
      {
        services: { ...valid.services, web: { project: "a", image: "backend", name: "shop-api" } },
        workers: { api2: { project: "a", image: "backend", name: "shop-api", as: "service" } },
        jobs: { api3: { project: "a", image: "backend", name: "shop-api" } },
      },
      ["services.web.name", "workers.api2.name"],
    ],
    [
      "a site in the state bucket, and two sites in one",
      {
        sites: {
          app: { project: "a", bucket: "shop-local-deploy-state" },
          one: { project: "a", bucket: "shop" },
          two: { project: "a", bucket: "shop" },
        },
      },
      ["environments.local.buckets.app", "environments.local.buckets.two"],
    ],
    [
      "one domain for two units",
      { environments: { local: { project: "shop-local", domains: { api: "shop.example", app: "shop.example" } } } },
      ["environments.local.domains.app"],
    ],
    [
      "a unit and an image named as what every object has",
      { services: { constructor: { project: "a", image: "constructor" } }, sites: {} },
      ["services.constructor", "services.constructor.image"],
    ],
    [
      "a region that is another host",
      { environments: { local: { project: "shop-local", region: "evil.example/x" } } },
      ["environments.local.region"],
    ],
  ])("refuses %s", (_what, change, expected) => {
    expect(paths({ ...valid, ...change })).toEqual(expected);
  });

  test("takes one name in two clouds: what it names is two things", () => {
    const environments = { ...valid.environments, staging: { project: "shop-local" } };
    expect(stackIssues({ ...valid, environments })).toEqual([]);
  });

  test("says of a name that is none what is asked of names", () => {
    const sites = { апи: { project: "a", bucket: "app.shop.example" } };
    expect(stackIssues({ ...valid, sites })).toContainEqual({
      path: "sites.апи",
      message: "its name must be lower-case letters, digits and dashes, starting with a letter",
    });
  });

  test.each([undefined, null, 3, "stack", [], {}])("answers %j with issues instead of throwing", (written) => {
    expect(stackIssues(written).length).toBeGreaterThan(0);
  });
});

test("defineStack throws one ConfigError that holds every issue", () => {
  const define = () => defineStack({ ...valid, name: "Shop", region: "nowhere" });
  expect(define).toThrow(ConfigError);
  expect(define).toThrow(/name: .*\nregion: /);
});
