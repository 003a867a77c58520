// From checks to the answer of a health path. Pure.
import type { Config } from "../config/parse-config.ts";
import type { Check, Status } from "./component.ts";

/** https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06, with `revision` and `commit`. */
export type HealthReport = {
  readonly status: Status;
  readonly releaseId?: string;
  readonly revision: string;
  readonly commit: string;
  readonly serviceId?: string;
  readonly description: string;
  readonly output?: string;
  readonly checks: Readonly<Record<string, readonly Check[]>>;
  readonly links: Readonly<Record<string, string>>;
};

/** A failed critical check fails the service; whatever else is not well is a warning. */
export function overallStatus(checks: readonly Check[]): Status {
  if (checks.some(({ status, critical }) => status === "fail" && critical)) return "fail";
  return checks.some(({ status }) => status !== "pass") ? "warn" : "pass";
}

export function buildReport(identity: Config, description: string, checks: readonly Check[]): HealthReport {
  const unwell = checks.filter(({ status }) => status !== "pass").map(({ componentId }) => componentId);
  return {
    status: overallStatus(checks),
    ...(identity.releaseId !== undefined && { releaseId: identity.releaseId }),
    revision: identity.revision,
    commit: identity.commit,
    ...(identity.service && { serviceId: identity.service }),
    description,
    ...(unwell.length > 0 && { output: `not well: ${unwell.join(", ")}` }),
    checks: Object.fromEntries(checks.map((check) => [`${check.componentId}:responseTime`, [check]])),
    links: { self: "/api/health", detailed: "/api/health/detailed" },
  };
}

export const httpStatus = (status: Status): 200 | 503 => (status === "fail" ? 503 : 200);

/** https://www.w3.org/TR/server-timing/: how long each component took when it was looked at. */
export const serverTiming = (checks: readonly Check[]): string =>
  checks.map(({ componentId, latency_ms }) => `${componentId};dur=${latency_ms}`).join(", ");
