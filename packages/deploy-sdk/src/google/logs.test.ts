import { expect, test } from "vitest";
import { logFilter } from "./logs.ts";

test("asks for the lines of one revision since an instant", () => {
  expect(
    logFilter(
      { kind: "service", name: "shop-api", source: "shop-api-1", since: "2026-01-01T00:00:00Z", limit: 5 },
      "shop",
    ),
  ).toBe(
    'resource.type="cloud_run_revision" AND resource.labels.service_name="shop-api" AND resource.labels.revision_name="shop-api-1" AND timestamp>="2026-01-01T00:00:00Z"',
  );
});

test("asks for the lines of one execution of a job", () => {
  expect(logFilter({ kind: "job", name: "shop-migrate", source: "shop-migrate-x", limit: 5 }, "shop")).toBe(
    'resource.type="cloud_run_job" AND resource.labels.job_name="shop-migrate" AND labels."run.googleapis.com/execution_name"="shop-migrate-x"',
  );
});

test("a name cannot leave its quotes", () => {
  expect(logFilter({ kind: "worker", name: 'a" OR true="', limit: 5 }, "shop")).toContain(
    'worker_pool_name="a\\" OR true=\\""',
  );
});

test("asks for what the platform itself tells", () => {
  expect(logFilter({ kind: "worker", name: "shop-worker", platform: true, limit: 5 }, "shop")).toBe(
    'resource.type="cloud_run_worker_pool" AND resource.labels.worker_pool_name="shop-worker" AND logName="projects/shop/logs/run.googleapis.com%2Fvarlog%2Fsystem"',
  );
});
