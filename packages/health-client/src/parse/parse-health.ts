// Pure, never throws. What an HTTP answer says of a service's health: the worst of its code and its body.
//
//   HTTP            body                      status
//   2xx, 3xx        known                     the body's; a failing body stays failed
//   2xx, 3xx        unknown words, HTML, none unknown
//   401, 403, 404   any                       unknown: most likely not the health endpoint
//   429, 5xx        any                       fail
//   other 4xx       known / other             fail / unknown
//
//   body's word     its checks                status of the body
//   none            any                       the worst check; a failed non-critical one is a warning
//   pass            failed or warning         warn, and a warning that the gate looks at
//   warn, fail      any                       as the word says
import { omitUndefined } from "../omit-undefined.ts";
import type { HealthCheck, HealthWarning, ParsedHealth, Status } from "../types.ts";
import { type Reading, readBody } from "./formats.ts";
import { readText } from "./json.ts";
import { withUniqueNames } from "./read-checks.ts";
import { bySeverity, worstStatus } from "./status-words.ts";

export type HttpAnswer = {
  readonly httpStatus: number;
  readonly body: string;
  readonly contentType?: string | undefined;
  /** `X-Revision`, for backends whose body does not name it. */
  readonly revisionHeader?: string | undefined;
};

/** More are not shown; all of them count. */
const maxChecks = 200;

const effect = ({ status, critical }: HealthCheck): Status =>
  status === "fail" && critical === false ? "warn" : status;

const bodyStatus = ({ declared }: Reading, checks: readonly HealthCheck[]): Status => {
  const worst = worstStatus(checks.map(effect));
  if (declared === undefined) return worst;
  return declared === "pass" && (worst === "fail" || worst === "warn") ? "warn" : declared;
};

const overallStatus = (httpStatus: number, body: Status): Status => {
  if (httpStatus === 401 || httpStatus === 403 || httpStatus === 404) return "unknown";
  if (httpStatus === 429 || httpStatus >= 500) return "fail";
  return httpStatus >= 400 && body !== "unknown" ? "fail" : body;
};

const hasFailed = ({ status, critical }: HealthCheck) => status === "fail" && critical !== false;

/** The checks that are worst come first where not all can be kept. */
const bounded = (checks: readonly HealthCheck[]): readonly HealthCheck[] =>
  checks.length <= maxChecks ? checks : checks.toSorted((a, b) => bySeverity(a.status, b.status)).slice(0, maxChecks);

export const parseHealth = ({ httpStatus, body, contentType = "", revisionHeader }: HttpAnswer): ParsedHealth => {
  const reading = readBody(body, contentType);
  const checks = withUniqueNames(reading.checks);
  const said = bodyStatus(reading, checks);
  const status = overallStatus(httpStatus, said);
  const fields = reading.fields ?? {};
  const text = (name: string) => readText(fields[name], 120);
  const named = text("revision");
  const header = readText(revisionHeader, 120);
  const warnings: HealthWarning[] = [];
  if (reading.declared === "pass" && checks.some(hasFailed)) warnings.push("critical-check-failed");
  if (said !== "unknown" && status !== said) warnings.push("http-overrides-body");
  if (reading.declared === "unknown") warnings.push("unknown-status");
  if (checks.length > maxChecks) warnings.push("checks-truncated");
  if (named && header && named !== header) warnings.push("revision-mismatch");
  return {
    status,
    format: reading.format,
    httpStatus,
    ...omitUndefined({
      service: text("serviceId") ?? text("service"),
      version: text("version"),
      release: text("releaseId") ?? text("release"),
      revision: named ?? header,
      commit: text("commit"),
    }),
    checks: bounded(checks),
    warnings,
  };
};
