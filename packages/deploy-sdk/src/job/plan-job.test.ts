import type { JobUnit } from "@slipway/config";
import { describe, expect, test } from "vitest";
import type { ContainerSpec, Execution, LiveJob } from "../target.ts";
import { jobFingerprint, jobSpec } from "./job-spec.ts";
import type { ObservedJob } from "./observe-job.ts";
import { planJob } from "./plan-job.ts";

const container = (version: string, env: Readonly<Record<string, string>> = {}): ContainerSpec => ({
  image: `eu-docker.pkg.dev/p/r/api@sha256:${version.repeat(64)}`,
  command: [],
  args: ["migrate"],
  env,
  secrets: {},
  cpu: 1,
  memoryMb: 512,
  cloudSql: [],
  serviceAccount: "runtime@p",
});
const unit: JobUnit = {
  kind: "job",
  name: "migrate",
  project: "apps/backend",
  after: [],
  resource: "shop-migrate",
  timeoutS: 600,
  container: {
    image: "backend",
    command: undefined,
    args: ["migrate"],
    env: {},
    secrets: [],
    cpu: 1,
    memoryMb: 512,
    cloudSql: [],
    serviceAccount: "runtime@p",
  },
};
const specOf = (version: string) => jobSpec(unit, container(version));
const live = (version: string): LiveJob => ({
  name: "shop-migrate",
  generation: "3",
  spec: specOf(version),
  readiness: { state: "ready" },
  settled: true,
  latestExecution: "shop-migrate-1",
});
const execution = (version: string, state: Execution["state"]): Execution => ({
  name: "shop-migrate-1",
  state,
  spec: specOf(version),
  message: "",
});
const context = { releaseId: "20261121T101530Z-9f2c", commit: { sha: "abc", dirty: false } };
const plan = (observed: Partial<ObservedJob>, force = false) =>
  planJob(
    unit,
    {
      wanted: { spec: container("2"), imageUnit: "backend", volatile: [] },
      live: live("2"),
      recorded: undefined,
      executions: [],
      ...observed,
    },
    { ...context, force },
  );
const done = jobFingerprint(specOf("2"), []);

describe("a job", () => {
  test("that has succeeded with this is kept", () => {
    expect(plan({ recorded: done })).toMatchObject({ noop: true, changes: [{ kind: "keep" }] });
  });
  test("that has succeeded with this, but was changed by hand, is put right without being run", () => {
    expect(plan({ recorded: done, live: live("1") }).steps.action).toBe("update");
  });
  test("that does not exist is created and run", () => {
    expect(plan({ live: undefined })).toMatchObject({
      changes: [{ kind: "create", details: [`image: sha256:${"2".repeat(12)}`, "run once"] }],
      steps: { action: "run", asWanted: false },
    });
  });
  test("that has succeeded with something else is run", () => {
    const observed = {
      recorded: jobFingerprint(specOf("1"), []),
      live: live("1"),
      executions: [execution("1", "succeeded")],
    };
    expect(plan(observed).steps.action).toBe("run");
  });
  test("that is under way with this is waited for, not started twice", () => {
    expect(plan({ executions: [execution("2", "running")] }).steps).toMatchObject({
      action: "wait",
      execution: "shop-migrate-1",
    });
  });
  test("that is under way with something else is run after it, and the plan says so", () => {
    const { steps, changes } = plan({ executions: [execution("1", "running")] });
    expect(steps.action).toBe("run");
    expect(changes[0]?.details).toEqual(["wait for the end of execution shop-migrate-1", "run once"]);
  });
  test("that has succeeded with this without a record is recorded", () => {
    expect(plan({ executions: [execution("2", "succeeded")] }).steps.action).toBe("record");
  });
  test("that has failed with this is run again", () => {
    expect(plan({ executions: [execution("2", "failed")] }).steps).toMatchObject({ action: "run", asWanted: true });
  });
  test("is run by force", () => {
    expect(plan({ recorded: done }, true).steps.action).toBe("run");
  });
  test("is tried once", () => {
    expect(plan({}).steps.spec.retries).toBe(0);
  });
});

test("a fingerprint leaves out what differs with every release, and nothing else", () => {
  const of = (env: Readonly<Record<string, string>>) => jobFingerprint(jobSpec(unit, container("2", env)), ["COMMIT"]);
  expect(of({ COMMIT: "a", X: "1" })).toBe(of({ X: "1", COMMIT: "b" }));
  expect(of({ COMMIT: "a", X: "1" })).not.toBe(of({ COMMIT: "a", X: "2" }));
  expect(done).toMatch(/^run-[0-9a-f]{16}$/);
});
