import fc from "fast-check";
import { expect, test } from "vitest";
import type { ContainerSpec, JobSpec, ServiceSpec } from "../target.ts";
import { formatCpu, parseCpu, parseMemoryMb, readProbe } from "./run-container.ts";
import { readReadiness, readShares } from "./run-readiness.ts";
import {
  readExecution,
  readJobSpec,
  readService,
  readServiceSpec,
  writeJobTask,
  writeServiceTemplate,
} from "./run-specs.ts";

const name = fc.stringMatching(/^[A-Z][A-Z_]{0,8}$/);
const container: fc.Arbitrary<ContainerSpec> = fc.record({
  image: fc.constant(`eu-docker.pkg.dev/p/r/api@sha256:${"a".repeat(64)}`),
  command: fc.array(fc.string(), { maxLength: 2 }),
  args: fc.array(fc.string(), { maxLength: 2 }),
  env: fc.dictionary(
    name.map((text) => `E_${text}`),
    fc.string(),
    { noNullPrototype: true },
  ),
  secrets: fc.dictionary(
    name.map((text) => `S_${text}`),
    fc.record({ secret: name, version: fc.nat({ max: 99 }).map(String) }, { noNullPrototype: true }),
    { noNullPrototype: true },
  ),
  cpu: fc.constantFrom(0.5, 1, 2, 4),
  memoryMb: fc.constantFrom(128, 512, 2048),
  cloudSql: fc.constantFrom([], ["p:l:a"], ["p:l:a", "p:l:b"]),
  serviceAccount: fc.constant("runtime@p.iam.gserviceaccount.com"),
});
const probe = fc.record({
  path: fc.constant("/api/live"),
  periodS: fc.constant(5),
  timeoutS: fc.integer({ min: 1, max: 5 }),
  failures: fc.integer({ min: 1, max: 9 }),
});
const service: fc.Arbitrary<ServiceSpec> = fc.record({
  container,
  concurrency: fc.integer({ min: 1, max: 1000 }),
  timeoutS: fc.integer({ min: 1, max: 3600 }),
  min: fc.nat({ max: 3 }),
  max: fc.integer({ min: 3, max: 9 }),
  cpuAlways: fc.boolean(),
  startup: fc.option(probe, { nil: undefined }),
  liveness: fc.option(probe, { nil: undefined }),
});

/** What a write becomes when it is read back: durations are text in JSON, zeros and `false` are left out. */
const asReadBack = (template: ReturnType<typeof writeServiceTemplate> | ReturnType<typeof writeJobTask>) =>
  JSON.parse(JSON.stringify({ ...template, timeout: `${template.timeout.seconds}s` }), (_key, value) =>
    value === 0 || value === false ? undefined : value,
  );

test("a service that was written compares equal to what is read back", () => {
  fc.assert(
    fc.property(service, (spec) => {
      expect(readServiceSpec(asReadBack(writeServiceTemplate(spec)))).toEqual(spec);
    }),
  );
});

test("a job that was written compares equal to what is read back", () => {
  fc.assert(
    fc.property(container, fc.integer({ min: 1, max: 3600 }), (of, timeoutS) => {
      const spec: JobSpec = { container: of, timeoutS, retries: 0 };
      expect(readJobSpec({ ...asReadBack(writeJobTask(spec)), maxRetries: 0 })).toEqual(spec);
    }),
  );
});

test("the TCP startup probe, ports and names that Google fills in are no difference", () => {
  const spec = fc.sample(service, { numRuns: 1, seed: 7 })[0] as ServiceSpec;
  const written = asReadBack(writeServiceTemplate({ ...spec, startup: undefined, liveness: undefined }));
  const filled = {
    ...written,
    executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
    containers: written.containers.map((each: object) => ({
      ...each,
      name: "api-1",
      ports: [{ name: "http1", containerPort: 8080 }],
      startupProbe: { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: { port: 8080 } },
    })),
  };
  expect(readServiceSpec(filled)).toEqual(readServiceSpec(written));
  expect(readProbe(filled.containers[0].startupProbe)).toBeUndefined();
});

test.each([
  ["1", 1],
  ["1000m", 1],
  ["0.5", 0.5],
  ["500m", 0.5],
])("cpu %s is %d", (quantity, cpu) => {
  expect(parseCpu(quantity)).toBe(cpu);
  expect(parseCpu(formatCpu(cpu))).toBe(cpu);
});

test.each([
  ["512Mi", 512],
  ["2Gi", 2048],
  ["1073741824", 1024],
])("memory %s is %d MiB", (quantity, mebibytes) => {
  expect(parseMemoryMb(quantity)).toBe(mebibytes);
});

test("traffic to the newest revision has no name, and entries without a share or tag say nothing", () => {
  expect(
    readShares([
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 90, revision: "projects/p/…/revisions/api-3" },
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", percent: 10, revision: "projects/p/revisions/api-2" },
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: "api-1", tag: "next", uri: "https://next---api" },
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: "api-0" },
    ]),
  ).toEqual([
    { revision: undefined, percent: 90 },
    { revision: "api-2", percent: 10 },
    { revision: "api-1", percent: 0, tag: "next", url: "https://next---api" },
  ]);
});

test("a resource is settled when what was asked for is so, or has failed", () => {
  const settled = (json: object) => readService({ name: "api", template: {}, ...json }).settled;
  expect(settled({ generation: "3", observedGeneration: "3" })).toBe(true);
  expect(settled({ generation: "3", observedGeneration: "2" })).toBe(false);
  expect(settled({ generation: "3", observedGeneration: "3", reconciling: true })).toBe(false);
  const failed = { type: "Ready", state: "CONDITION_FAILED" };
  expect(settled({ generation: "3", observedGeneration: "2", terminalCondition: failed })).toBe(true);
  expect(settled({ generation: "3", observedGeneration: "2", terminalCondition: failed, reconciling: true })).toBe(
    false,
  );
});

test("a failed condition tells its most telling reason", () => {
  expect(
    readReadiness({
      state: "CONDITION_FAILED",
      reason: "COMMON_REASON_UNDEFINED",
      revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
      message: "it did not listen",
    }),
  ).toEqual({ state: "failed", reason: "HEALTH_CHECK_CONTAINER_ERROR", message: "it did not listen" });
  expect(readReadiness(undefined)).toEqual({ state: "pending", message: "" });
});

test.each([
  ["running", {}],
  ["succeeded", { completionTime: "2026-01-01T00:00:00Z", succeededCount: 1, taskCount: 1 }],
  ["failed", { completionTime: "2026-01-01T00:00:00Z", failedCount: 1, taskCount: 1 }],
  ["failed", { conditions: [{ type: "Completed", state: "CONDITION_FAILED", message: "exit 1" }] }],
  ["failed", { completionTime: "2026-01-01T00:00:00Z", cancelledCount: 1, taskCount: 1 }],
])("an execution is %s", (state, json) => {
  expect(readExecution({ name: "migrate-1", template: {}, ...json }).state).toBe(state);
});
