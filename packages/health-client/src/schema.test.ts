import { expect, test } from "vitest";
import { parseHealth } from "./parse/parse-health.ts";
import { type HealthDocument, healthDocumentIssues, isHealthDocument } from "./schema.ts";

const document: HealthDocument = {
  status: "warn",
  version: "1.8.0",
  releaseId: "r1",
  revision: "api-00042-xyz",
  commit: "9f2c",
  serviceId: "api",
  description: "health of api",
  notes: ["cached for 5 s"],
  checks: {
    "database:responseTime": [
      {
        componentId: "database",
        componentType: "datastore",
        status: "pass",
        critical: true,
        latency_ms: 3.2,
        observedValue: 3.2,
        observedUnit: "ms",
        time: "2026-08-22T14:03:12.123Z",
      },
    ],
    "worker:roundTrip": [
      {
        componentId: "worker",
        componentType: "component",
        status: "fail",
        critical: false,
        latency_ms: 2000,
        observedValue: "no answer",
        observedUnit: "",
        time: "2026-08-22T14:03:12+03:00",
        output: "no answer in 2 s",
      },
    ],
  },
};

test("accepts what our backends answer, and the parser reads it", () => {
  expect(healthDocumentIssues(document)).toEqual([]);
  const report = parseHealth({ httpStatus: 200, body: JSON.stringify(document) });
  expect(report).toMatchObject({ status: "warn", revision: "api-00042-xyz", commit: "9f2c", warnings: [] });
});

test("reports every mistake at once, each with its path", () => {
  const [database] = document.checks["database:responseTime"] ?? [];
  const wrong = {
    status: "ok",
    revision: 42,
    checks: {
      "database:responseTime": [{ ...database, critical: "yes", time: "yesterday" }],
      "cache:responseTime": {},
      "queue:responseTime": [null],
    },
  };
  expect(healthDocumentIssues(wrong)).toEqual([
    "status: must be pass, warn or fail",
    "revision: must be a string",
    "commit: must be a string",
    "checks.database:responseTime.0.critical: must be a boolean",
    "checks.database:responseTime.0.time: must be ISO 8601",
    "checks.cache:responseTime: must be a non-empty array",
    "checks.queue:responseTime.0: must be an object",
  ]);
});

test("refuses a status that its checks contradict", () => {
  const [database] = document.checks["database:responseTime"] ?? [];
  const withFailed = (status: string, critical: boolean) =>
    healthDocumentIssues({ ...document, status, checks: { "d:t": [{ ...database, status: "fail", critical }] } });
  expect(withFailed("warn", true)).toEqual(["status: must be fail when a critical check fails"]);
  expect(withFailed("pass", false)).toEqual(["status: must not be pass when a check fails"]);
  expect(withFailed("warn", false)).toEqual([]);
});

test.each([null, 1, "pass", [], {}])("refuses %j", (value) => {
  expect(isHealthDocument(value)).toBe(false);
});
