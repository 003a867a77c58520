import type { GateResult, HealthReport, ProbeError } from "@slipway/health-client";
import { expect, test } from "vitest";
import { judgeDomain } from "./judge-domain.ts";

const expected = { resource: "shop-api", revision: "shop-api-mb2k-2" };
const report = (how: Partial<HealthReport>): HealthReport => ({
  status: "fail",
  format: "html",
  httpStatus: 404,
  checks: [],
  warnings: [],
  timing: { totalMs: 1 },
  ...how,
});
const failed = (last: Extract<GateResult, { outcome: "failed" }>["last"]): GateResult => ({
  outcome: "failed",
  cause: "timeout",
  probes: 3,
  tookMs: 1,
  ...(last && { last }),
});
const silent = (error: ProbeError, code?: string) =>
  failed({ kind: "error", error, totalMs: 1, ...(code && { code }) });
const answer = (how: Partial<HealthReport>) => failed({ kind: "report", report: report(how) });

test.each([
  ["no DNS entry", silent("dns", "ENOTFOUND"), "it does not resolve (ENOTFOUND)", "DNS entry"],
  [
    "no certificate yet",
    silent("tls", "ERR_TLS_CERT_ALTNAME_INVALID"),
    "it has no certificate that is good for it (ERR_TLS_CERT_ALTNAME_INVALID)",
    "certificate takes",
  ],
  ["a machine that does not listen", silent("refused", "ECONNREFUSED"), "nobody answers there", "another machine"],
  ["no answer at all", failed(undefined), "nobody answers there (timeout)", "another machine"],
  ["somebody's page", answer({}), "something that is not this service answers HTTP 404", "map the domain"],
  ["another service", answer({ revision: "blog-1", httpStatus: 200 }), "something that is not this", "map the domain"],
])("%s is no fault of the service", (_what, result, what, hint) => {
  expect(judgeDomain(result, expected)).toEqual({
    leads: "elsewhere",
    what: expect.stringContaining(what),
    hint: expect.stringContaining(hint),
  });
});

test("a revision of a service whose name begins alike is another service's", () => {
  expect(judgeDomain(answer({ revision: "shop-api-v2-mb2k-1", httpStatus: 200 }), expected)).toMatchObject({
    leads: "elsewhere",
  });
});

test("an earlier revision of the service is told by name", () => {
  expect(judgeDomain(answer({ revision: "shop-api-mb2k-1", httpStatus: 200 }), expected)).toEqual({
    leads: "to-another-revision",
    revision: "shop-api-mb2k-1",
  });
});

test("the new revision that is not well there is not well", () => {
  expect(judgeDomain(answer({ revision: expected.revision, httpStatus: 503 }), expected)).toEqual({
    leads: "here",
    unwell: true,
  });
});
