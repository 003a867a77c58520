import { describe, expect, test } from "vitest";
import type { ParsedHealth } from "../types.ts";
import { parseHealth } from "./parse-health.ts";

const parse = (body: unknown, httpStatus = 200, more: { contentType?: string; revisionHeader?: string } = {}) =>
  parseHealth({ httpStatus, body: typeof body === "string" ? body : JSON.stringify(body), ...more });

const brief = ({ format, status, checks }: ParsedHealth) => ({
  format,
  status,
  checks: checks.map((check) => `${check.name} ${check.status}`),
});

describe("formats", () => {
  test("reads our own, draft-06 with critical, latency, revision and commit", () => {
    const check = {
      componentId: "database",
      componentType: "datastore",
      status: "pass",
      critical: true,
      latency_ms: 3.2,
      observedValue: 3.2,
      observedUnit: "ms",
      time: "2026-08-22T14:03:12.123Z",
    };
    const report = parse({
      status: "pass",
      version: "1.8.0",
      releaseId: "20260822-9f2c",
      revision: "api-00042-xyz",
      commit: "9f2c",
      serviceId: "api",
      checks: { "database:responseTime": [check] },
    });
    expect(report).toEqual({
      status: "pass",
      format: "draft",
      httpStatus: 200,
      service: "api",
      version: "1.8.0",
      release: "20260822-9f2c",
      revision: "api-00042-xyz",
      commit: "9f2c",
      checks: [
        { name: "database", status: "pass", critical: true, latencyMs: 3.2, observedAt: "2026-08-22T14:03:12.123Z" },
      ],
      warnings: [],
    });
  });

  test("names draft-06 checks by their component, and apart where a component has several", () => {
    const report = parse({
      status: "warn",
      checks: {
        "cassandra:responseTime": [
          { componentId: "node-1", status: "pass", observedValue: 250, observedUnit: "us" },
          { componentId: "node-2", status: "warn", output: "slow", observedValue: 0.5, observedUnit: "s" },
        ],
        "cache:connections": [{ status: "pass", observedValue: 75 }],
        uptime: [{ componentType: "system", observedValue: 1209600, observedUnit: "s" }],
      },
    });
    expect(report.checks).toEqual([
      { name: "cassandra:responseTime node-1", status: "pass", latencyMs: 0.25 },
      { name: "cassandra:responseTime node-2", status: "warn", latencyMs: 500, message: "slow" },
      { name: "cache", status: "pass" },
    ]);
  });

  test.each([
    [
      "Spring Actuator, nested",
      503,
      {
        status: "DOWN",
        components: {
          db: { status: "UP", components: { primary: { status: "UP" }, replica: { status: "DOWN" } } },
          disk: { status: "UNKNOWN" },
        },
      },
      { format: "actuator", status: "fail", checks: ["db/primary pass", "db/replica fail", "disk unknown"] },
    ],
    [
      "Spring Actuator before 2.2",
      200,
      { status: "UP", details: { db: { status: "UP" } } },
      { format: "actuator", status: "pass", checks: ["db pass"] },
    ],
    [
      "Spring Actuator out of service",
      503,
      { status: "OUT_OF_SERVICE" },
      { format: "generic", status: "fail", checks: [] },
    ],
    [
      "ASP.NET HealthChecks.UI",
      200,
      { status: "Degraded", entries: { sql: { status: "Degraded" }, bus: { status: "Healthy" } } },
      { format: "aspnet", status: "warn", checks: ["sql warn", "bus pass"] },
    ],
    ["ASP.NET plain", 503, "Unhealthy", { format: "text", status: "fail", checks: [] }],
    ["ASP.NET plain, degraded", 200, "Degraded", { format: "text", status: "warn", checks: [] }],
    [
      "MicroProfile",
      503,
      { status: "DOWN", checks: [{ name: "db", status: "DOWN", data: { error: "refused" } }] },
      { format: "microprofile", status: "fail", checks: ["db fail"] },
    ],
    [
      "django-health-check 3",
      500,
      { DatabaseBackend: "working", RedisHealthCheck: "unavailable: Error 111", DiskUsage: "warning: 91 %" },
      { format: "django", status: "fail", checks: ["DatabaseBackend pass", "RedisHealthCheck fail", "DiskUsage warn"] },
    ],
    [
      "django-health-check 4, whose names can hold credentials",
      500,
      { "Redis(url='redis://:hunter2@host')": "Unavailable: down", "Redis(url='redis://b')": "OK", "Cache()": "OK" },
      { format: "django", status: "fail", checks: ["Redis fail", "Redis 2 pass", "Cache pass"] },
    ],
    [
      "Kubernetes verbose",
      500,
      "[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n",
      { format: "kubernetes", status: "fail", checks: ["ping pass", "etcd fail"] },
    ],
    [
      "Kubernetes verbose, well",
      200,
      "[+]ping ok\n[+]log ok\nlivez check passed\n",
      { format: "kubernetes", status: "pass", checks: ["ping pass", "log pass"] },
    ],
    [
      "Terminus",
      503,
      {
        status: "error",
        info: { api: { status: "up" } },
        error: { db: { status: "down", message: "timeout" } },
        details: { api: { status: "up" }, db: { status: "down", message: "timeout" } },
      },
      { format: "terminus", status: "fail", checks: ["api pass", "db fail"] },
    ],
    [
      "Terminus shutting down",
      503,
      { status: "shutting_down", info: {}, error: {}, details: {} },
      { format: "terminus", status: "fail", checks: [] },
    ],
    ["under-pressure, well", 200, { status: "ok" }, { format: "generic", status: "pass", checks: [] }],
    [
      "under-pressure, pressed",
      503,
      { code: "FST_UNDER_PRESSURE", error: "Service Unavailable", message: "busy", statusCode: 503 },
      { format: "under-pressure", status: "fail", checks: [] },
    ],
    [
      "fastify-healthcheck",
      200,
      { statusCode: 200, status: "ok", uptime: 12 },
      { format: "generic", status: "pass", checks: [] },
    ],
    [
      "fastify-healthcheck, ko",
      500,
      { statusCode: 500, status: "ko" },
      { format: "generic", status: "fail", checks: [] },
    ],
    [
      "checks that are words",
      200,
      { status: "ok", checks: { db: "up", cache: "degraded", queue: true } },
      { format: "generic", status: "warn", checks: ["db pass", "cache warn", "queue unknown"] },
    ],
    ["a JSON string", 200, '"Healthy"', { format: "text", status: "pass", checks: [] }],
  ] as const)("reads %s", (_name, httpStatus, body, expected) => {
    expect(brief(parse(body, httpStatus))).toEqual(expected);
  });

  test("reads .NET's durations and Actuator's and MicroProfile's messages", () => {
    const aspnet = parse({
      entries: { sql: { status: "Unhealthy", duration: "1.00:00:01.5", exception: "no\n at X" } },
    });
    expect(aspnet.checks).toEqual([{ name: "sql", status: "fail", latencyMs: 86_401_500, message: "no" }]);
    const actuator = parse({ components: { db: { status: "DOWN", details: { error: "refused" } } } });
    expect(actuator.checks[0]?.message).toBe("refused");
  });
});

describe("worst of HTTP and body", () => {
  test.each([
    [200, { status: "pass" }, "pass"],
    [207, { status: "warn" }, "warn"],
    [200, { status: "fail" }, "fail"],
    [503, { status: "pass" }, "fail"],
    [503, { status: "warn" }, "fail"],
    [400, { status: "pass" }, "fail"],
    [405, "Method Not Allowed", "unknown"],
    [401, { status: "pass" }, "unknown"],
    [403, { status: "fail" }, "unknown"],
    [404, { status: "error", message: "no such route" }, "unknown"],
    [429, "", "fail"],
    [500, "", "fail"],
    [502, "<html>Bad Gateway</html>", "fail"],
    [200, "", "unknown"],
    [204, "", "unknown"],
    [302, "", "unknown"],
    [200, "<!doctype html><title>App</title>", "unknown"],
    [200, { message: "hello" }, "unknown"],
    [200, { status: "fantastic" }, "unknown"],
    [200, { status: 200 }, "unknown"],
    [200, {}, "unknown"],
    [200, [], "unknown"],
    [200, "{", "unknown"],
    [200, { status: "constructor" }, "unknown"],
  ] as const)("HTTP %i with %j is %s", (httpStatus, body, expected) => {
    expect(parse(body, httpStatus).status).toBe(expected);
  });

  test("says when the HTTP status overrode the body", () => {
    expect(parse({ status: "pass" }, 503).warnings).toEqual(["http-overrides-body"]);
  });

  test("takes a page for a page, whatever its text is", () => {
    expect(parse("ok", 200, { contentType: "text/html; charset=utf-8" })).toMatchObject({
      format: "html",
      status: "unknown",
    });
  });
});

describe("checks", () => {
  const withCheck = (check: object, status?: string) =>
    parse({ ...(status && { status }), checks: { "redis:responseTime": [check] } });

  test("a failed check that is not critical is a warning", () => {
    expect(withCheck({ status: "fail", critical: false }).status).toBe("warn");
    expect(withCheck({ status: "fail", critical: false }, "pass")).toMatchObject({ status: "warn", warnings: [] });
  });

  test("a failed critical check under a body that says pass is a warning that is named", () => {
    const report = withCheck({ status: "fail", critical: true }, "pass");
    expect(report).toMatchObject({ status: "warn", warnings: ["critical-check-failed"] });
    expect(withCheck({ status: "fail" }, "pass").warnings).toEqual(["critical-check-failed"]);
  });

  test("without a word of the body the worst check decides", () => {
    expect(withCheck({ status: "fail", critical: true }).status).toBe("fail");
    expect(withCheck({ status: "odd" }).status).toBe("unknown");
  });

  test("removes credentials from messages and keeps one bounded line", () => {
    const [check] = withCheck({
      status: "fail",
      output: `cannot reach rediss://user:hunter2@host:1${"x".repeat(999)}\nstack`,
    }).checks;
    expect(check?.message).toMatch(/^cannot reach rediss:\/\/\[redacted\]@host:1x+$/);
    expect(check?.message).toHaveLength(300);
  });

  test("loses what would act on a terminal or turn the text around it", () => {
    const output = "\u001b]0;x\u0007\u202egnorw :\u200e//user:pw@host";
    const [check] = parse({ status: "fail", checks: { "\u202eab\u0000c": [{ status: "fail", output }] } }).checks;
    expect(check).toMatchObject({ name: "abc", message: "]0;xgnorw ://[redacted]@host" });
  });

  test("keeps those that are not well when there are too many to show", () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`c${index}`, index === 299 ? "down" : "up"]),
    );
    const report = parse({ checks: many });
    expect(report).toMatchObject({ status: "fail", warnings: ["checks-truncated"] });
    expect(report.checks).toHaveLength(200);
    expect(report.checks[0]).toEqual({ name: "c299", status: "fail" });
  });
});

describe("revision", () => {
  test("is taken from X-Revision where the body does not name it", () => {
    expect(parse("ok", 200, { revisionHeader: "api-7" }).revision).toBe("api-7");
  });

  test("is the body's where both do, and a difference is said", () => {
    const report = parse({ status: "ok", revision: "api-8" }, 200, { revisionHeader: "api-7" });
    expect(report).toMatchObject({ revision: "api-8", warnings: ["revision-mismatch"] });
  });
});
