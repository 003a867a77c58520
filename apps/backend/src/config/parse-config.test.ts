import { inspect } from "node:util";
import { expect, test } from "vitest";
import { parseConfig } from "./parse-config.ts";

const read = (environment: Record<string, string>, command: "api" | "worker" | "migrate" = "api") => {
  const result = parseConfig(command, environment);
  return result.ok ? result.value : result.problems;
};

test("has a default for everything that the API can do without", () => {
  expect(read({})).toEqual({
    port: 8080,
    revision: "",
    service: "",
    commit: "unknown",
    releaseId: undefined,
    corsOrigins: [],
    database: undefined,
    redis: undefined,
    sentryDsn: undefined,
    logLevel: "info",
    migration: { lockTimeoutMs: 240_000, statementTimeoutMs: 300_000 },
  });
});

test("an empty variable is an absent one", () => {
  expect(read({ PORT: "", DATABASE_URL: "", SENTRY_DSN: "", CORS_ALLOWED_ORIGINS: "" })).toEqual(read({}));
});

test.for([
  ["https://app.example.com", ["https://app.example.com"]],
  [
    " https://a.example.com/ , http://b.localhost:8790,https://a.example.com",
    ["https://a.example.com", "http://b.localhost:8790"],
  ],
  ["https://storage.googleapis.com/app.example.com", ["https://storage.googleapis.com"]],
] as const)("reads the origins %s", ([text, expected]) => {
  expect(read({ CORS_ALLOWED_ORIGINS: text })).toMatchObject({ corsOrigins: expected });
});

test.for(["*", "app.example.com", "ftp://app.example.com", "https://user:pw@app.example.com", "null"])(
  "refuses the origin %s",
  (text) => {
    expect(read({ CORS_ALLOWED_ORIGINS: text })).toEqual([
      `CORS_ALLOWED_ORIGINS: "${text}" must be an origin such as https://app.example.com; * is not allowed`,
    ]);
  },
);

test("lists every problem, each with its variable", () => {
  const environment = { PORT: "70000", LOG_LEVEL: "loud", MIGRATION_LOCK_TIMEOUT_S: "0", REDIS_URL: "x" };
  expect(read(environment, "worker")).toEqual([
    'DATABASE_URL: is missing; the command "worker" needs it',
    "PORT: must be a whole number from 0 to 65535",
    "REDIS_URL: must be a URL such as redis://user:password@host:6379/0, or rediss://… for TLS",
    "LOG_LEVEL: must be one of debug, info, warn, error",
    "MIGRATION_LOCK_TIMEOUT_S: must be a whole number from 1 to 3600",
  ]);
});

test("what it holds shows no secret, however it is printed", () => {
  const config = read({
    DATABASE_URL: "postgresql://u:hunter2@h/d",
    REDIS_URL: "redis://:hunter2@h",
    SENTRY_DSN: "https://hunter2@sentry.example.com/1",
  });
  for (const text of [JSON.stringify(config), inspect(config, { depth: 9 }), `${Object.values(config)}`])
    expect(text).not.toContain("hunter2");
});
