import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GoogleError } from "../server/google-error.ts";
import { matchesFilter, type Rank } from "./match-filter.ts";
import { parseFilter } from "./parse-filter.ts";

const severities = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"];
const rank: Rank = (path, value) => {
  const place = path.at(-1) === "severity" ? severities.indexOf(value) : -1;
  return place < 0 ? undefined : place;
};
const entry = {
  severity: "WARNING",
  timestamp: "2026-01-02T03:04:05.678901Z",
  textPayload: 'the "worker" is gone',
  resource: { type: "cloud_run_revision", labels: { service_name: "api", location: "asia-southeast1" } },
  labels: { "run.googleapis.com/execution_name": "migrate-1", instanceId: "0a1b" },
  httpRequest: { status: 503, requestMethod: "GET" },
  list: [{ name: "a" }, { name: "b" }],
};
const matches = (filter: string): boolean => matchesFilter(parseFilter(filter), entry, rank);

describe("filters", () => {
  test.each([
    ["", true],
    ['resource.type = cloud_run_revision \n resource.labels.service_name = "api" severity >= DEFAULT \n', true],
    ["resource.labels.service_name=worker", false],
    ['labels."run.googleapis.com/execution_name"="migrate-1"', true],
    ["severity>=ERROR", false],
    ["severity<ERROR AND severity>INFO", true],
    ["timestamp>=2026-01-02T03:04:05Z timestamp<2026-01-02T03:04:06Z", true],
    ['timestamp>"2026-01-02T03:04:05.678900Z"', true],
    ['timestamp>"2026-01-02T03:04:05.678901Z"', false],
    ["timestamp>=2026-01-02", true],
    ["httpRequest.status>=500", true],
    ["httpRequest.status<60", false],
    ["http_request.request_method=GET", true],
    ["severity=ERROR OR severity=WARNING resource.type=none", false],
    ["resource.type=none OR severity=WARNING AND textPayload:WORKER", true],
    ["NOT severity=ERROR", true],
    ["-severity=WARNING", false],
    ['severity=("ERROR" OR "WARNING")', true],
    ["resource.type!=cloud_run_job", true],
    ["missing!=x", true],
    ["missing=x", false],
    ["missing:*", false],
    ["labels:instanceId", true],
    ["resource.labels:*", true],
    ["list.name=b", true],
    ['"worker\\" is"', true],
    ["gone", true],
    ["nobody", false],
    ["(severity=ERROR OR (severity=WARNING)) -- a comment", true],
  ])("%s is %s", (filter, expected) => {
    expect(matches(filter)).toBe(expected);
  });

  test.each([
    ["severity=", "INVALID_ARGUMENT"],
    ["(severity=ERROR", "INVALID_ARGUMENT"],
    ["severity=ERROR)", "INVALID_ARGUMENT"],
    ["AND", "INVALID_ARGUMENT"],
    ['text="open', "INVALID_ARGUMENT"],
    ["a=(b=c)", "INVALID_ARGUMENT"],
    [`${"(".repeat(40)}a${")".repeat(40)}`, "INVALID_ARGUMENT"],
    ["x".repeat(30_000), "INVALID_ARGUMENT"],
    ["text=~'a+'", "UNIMPLEMENTED"],
  ])("refuses %.40s", (filter, status) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ status }));
  });

  test("every text is parsed or refused, and nothing else happens", () => {
    const pieces = fc.constantFrom(
      "a",
      ".",
      "=",
      "!=",
      "(",
      ")",
      '"',
      "\\",
      "-",
      " AND ",
      " OR ",
      " NOT ",
      ":",
      "1.5",
      "*",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          matchesFilter(parseFilter(parts.join("")), entry, rank);
        } catch (error) {
          expect(error).toBeInstanceOf(GoogleError);
        }
      }),
    );
  });
});
