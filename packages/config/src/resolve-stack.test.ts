import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveStack, staticFacts } from "./resolve-stack.ts";
import type { Unit } from "./stack.ts";
import { expandTemplate, templateReferences } from "./template.ts";
import type { WrittenStack } from "./written.ts";

const written = {
  name: "shop",
  region: "europe-west1",
  environments: {
    local: { project: "shop-local", endpoint: "http://127.0.0.1:8790", redis: { kind: "memorystore" } },
    production: {
      project: "shop-prod",
      domains: { api: "api.shop.example", app: "app.shop.example" },
      scaling: { api: { min: 2 } },
    },
  },
  database: { version: "POSTGRES_15" },
  redis: { kind: "external" },
  secrets: { REDIS_URL: { source: "redis" } },
  images: { backend: { build: "node", project: "apps/shop", entry: "src/main.ts" } },
  sites: {
    app: {
      project: "apps/web",
      bucket: "app.shop.example",
      purge: { kind: "cloudflare", zone: "0123456789abcdef0123456789abcdef" },
    },
  },
  services: { api: { project: "apps/shop", image: "backend", memory: "1Gi" } },
  workers: { worker: { project: "apps/shop", image: "backend" } },
  jobs: { migrate: { project: "apps/shop", image: "backend" } },
} satisfies WrittenStack;

const unit = <Kind extends Unit["kind"]>(environment: string, kind: Kind): Extract<Unit, { kind: Kind }> => {
  const found = resolveStack(written, environment).units.find(
    (each): each is Extract<Unit, { kind: Kind }> => each.kind === kind,
  );
  if (!found) throw new Error(`no ${kind}`);
  return found;
};

describe("resolveStack", () => {
  test("orders image, migration, service and worker, site", () => {
    expect(resolveStack(written, "local").units.map(({ name }) => name)).toEqual([
      "backend",
      "migrate",
      "api",
      "worker",
      "app",
    ]);
  });

  test("fills in defaults and converts units", () => {
    expect(unit("local", "service")).toMatchObject({
      resource: "shop-api",
      min: 0,
      max: 10,
      concurrency: 80,
      timeoutS: 300,
      container: {
        memoryMb: 1024,
        cpu: 1,
        cloudSql: ["shop-local:europe-west1:shop-db"],
        serviceAccount: "shop-runtime@shop-local.iam.gserviceaccount.com",
      },
    });
  });

  test("an environment's variables win over a container's own", () => {
    const services = { api: { ...written.services.api, env: { LEVEL: "info", KIND: "api" } } };
    const environments = { staging: { project: "shop-staging", env: { LEVEL: "debug" } } };
    const { units } = resolveStack({ ...written, services, environments }, "staging");
    expect(units.find(({ name }) => name === "api")).toMatchObject({
      container: { env: { LEVEL: "debug", KIND: "api" } },
    });
  });

  test("an environment's scaling and domain win over the stack's", () => {
    expect(unit("production", "service")).toMatchObject({ min: 2, max: 10, domain: "api.shop.example" });
  });

  test("a site is reached at its domain, at the loopback cloud, or at Cloud Storage", () => {
    expect(unit("production", "site").url).toBe("https://app.shop.example");
    expect(unit("local", "site").url).toBe("http://app.shop.example.localhost:8790");
    const bare = { ...written, environments: { staging: { project: "shop-staging" } } };
    expect(resolveStack(bare, "staging").units.at(-1)).toMatchObject({
      url: "https://storage.googleapis.com/app.shop.example",
    });
  });

  test("the URL of an external Redis is given, that of Memorystore is provisioned", () => {
    expect(resolveStack(written, "production").secrets).toMatchObject([{ name: "REDIS_URL", source: "given" }]);
    expect(resolveStack(written, "local").secrets).toMatchObject([{ name: "REDIS_URL", source: "redis" }]);
  });

  test("an endpoint override moves a loopback environment and never makes a real one local", () => {
    const options = { endpoint: "http://127.0.0.1:5000" };
    expect(resolveStack(written, "local", options).environment.endpoint).toBe("http://127.0.0.1:5000");
    expect(resolveStack(written, "production", options).environment.endpoint).toBeUndefined();
  });

  test("purges a cache only where the site has a domain, under which it is cached", () => {
    expect(unit("local", "site").purge).toBeUndefined();
    expect(unit("production", "site").purge).toEqual({ kind: "cloudflare", zone: "0123456789abcdef0123456789abcdef" });
  });

  test.each(["prod", "", "__proto__", "constructor"])("names the environments when %j is none", (name) => {
    expect(() => resolveStack(written, name)).toThrow("it has: local, production");
  });

  test("names the units that wait for each other", () => {
    const cyclic = {
      ...written,
      jobs: {
        migrate: { ...written.jobs.migrate, after: ["seed"] },
        seed: { ...written.jobs.migrate, after: ["migrate"] },
      },
    };
    expect(() => resolveStack(cyclic, "local")).toThrow("wait for each other: migrate, seed");
  });

  test("production is protected, others are not, unless the stack says so", () => {
    expect(resolveStack(written, "production").environment.protected).toBe(true);
    expect(resolveStack(written, "local").environment.protected).toBe(false);
  });
});

describe("templates", () => {
  test("fill in what is known and name what is missing", () => {
    const facts = staticFacts(resolveStack(written, "local"));
    expect(expandTemplate("/cloudsql/{database.connectionName}?{services.api.url}", facts)).toEqual({
      text: "/cloudsql/shop-local:europe-west1:shop-db?{services.api.url}",
      missing: ["services.api.url"],
    });
  });

  test("a text without references is left as it is, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(templateReferences(text).length === 0);
        expect(expandTemplate(text, {})).toEqual({ text, missing: [] });
      }),
    );
  });
});
