import type { ServiceUnit } from "@slipway/config";
import { expect, test } from "vitest";
import type { WantedContainer } from "../container/observe-container.ts";
import type { LiveRevision, LiveWorkload, ServiceSpec, Share } from "../target.ts";
import { planService } from "./plan-service.ts";
import { serviceSpec } from "./service-spec.ts";

const container = {
  image: `eu-docker.pkg.dev/p/r/api@sha256:${"2".repeat(64)}`,
  command: [],
  args: ["api"],
  env: {},
  secrets: {},
  cpu: 1,
  memoryMb: 512,
  cloudSql: [],
  serviceAccount: "runtime@p",
};
const unit: ServiceUnit = {
  kind: "service",
  name: "api",
  project: "apps/api",
  after: [],
  resource: "shop-api",
  container: { ...container, image: "backend", command: undefined, secrets: [] },
  public: true,
  concurrency: 40,
  timeoutS: 300,
  min: 0,
  max: 4,
  startup: { path: "/live", periodS: 1, timeoutS: 2, failures: 60 },
  liveness: undefined,
  health: "/api/health",
  healthDetailed: "/api/health/detailed",
  domain: undefined,
};
const wanted: WantedContainer = { spec: container, imageUnit: "backend", volatile: [] };
const old: ServiceSpec = serviceSpec(unit, { ...container, image: "old" });
const live = (shares: readonly Share[], resource = unit.resource): LiveWorkload<ServiceSpec> => ({
  name: resource,
  generation: "3",
  spec: old,
  url: "https://shop-api",
  latestCreated: `${resource}-1`,
  latestReady: `${resource}-1`,
  shares,
  serving: shares,
  readiness: { state: "ready" },
  settled: true,
  labels: {},
  updatedAt: undefined,
});
const revision = (name: string, spec: ServiceSpec): LiveRevision<ServiceSpec> => ({
  name,
  spec,
  readiness: { state: "ready" },
  createdAt: undefined,
  labels: {},
});
const context = { releaseId: "20261121T101530Z-9f2c", commit: { sha: "abc", dirty: false } };

test("a probe never takes longer than the time to the next one", () => {
  expect(serviceSpec(unit, container).startup).toMatchObject({ periodS: 1, timeoutS: 1 });
});

test("a new revision is tried under a tag, while what serves is pinned by name", () => {
  const observed = {
    wanted,
    live: live([{ revision: undefined, percent: 100 }]),
    candidates: [revision("shop-api-1", old)],
    recorded: undefined,
  };
  expect(planService(unit, observed, context)).toMatchObject({
    noop: false,
    changes: [{ kind: "update", resource: "service shop-api" }],
    steps: {
      action: "deploy",
      tagged: true,
      generation: "3",
      before: [{ revision: "shop-api-1", percent: 100 }],
      after: [{ revision: expect.stringMatching(/^shop-api-[a-z0-9]{8}-1$/), percent: 100 }],
    },
  });
});

test("one that exists, but has too long a name for a tag, is not tried under one", () => {
  const long = { ...unit, resource: "s".repeat(43) };
  const observed = {
    wanted,
    live: live([{ revision: undefined, percent: 100 }], long.resource),
    candidates: [],
    recorded: undefined,
  };
  expect(planService(long, observed, context).steps.tagged).toBe(false);
});

test("one that does not exist is created, and there is nothing to try it beside", () => {
  const observed = { wanted, live: undefined, candidates: [], recorded: undefined };
  expect(planService(unit, observed, context)).toMatchObject({
    changes: [{ kind: "create", resource: "service shop-api", details: ["image: sha256:222222222222"] }],
    steps: { action: "create", tagged: false, before: [], generation: undefined },
  });
});

test("what serves already is not tried again when only its shares are named", () => {
  const spec = serviceSpec(unit, container);
  const observed = {
    wanted,
    live: { ...live([{ revision: undefined, percent: 100 }]), spec },
    candidates: [revision("shop-api-1", spec)],
    recorded: undefined,
  };
  expect(planService(unit, observed, context).steps).toMatchObject({ action: "share", serves: true, tagged: false });
});
