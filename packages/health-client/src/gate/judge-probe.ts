import type { HealthReport, ProbeResult } from "../types.ts";

export type GateRejection =
  | "no-answer"
  | "unreadable"
  | "failing"
  | "critical-check-failed"
  | "no-revision"
  | "wrong-revision";

/** `detail` is for a person: the error, the HTTP status, the failed checks or the revision that answered. */
export type GateVerdict =
  | { readonly pass: true }
  | { readonly pass: false; readonly reason: GateRejection; readonly detail: string };

const reject = (reason: GateRejection, detail: string): GateVerdict => ({ pass: false, reason, detail });

const failedNames = ({ checks }: HealthReport): string =>
  checks
    .filter(({ status, critical }) => status === "fail" && critical !== false)
    .map(({ name }) => name)
    .join(", ");

const judgeRevision = (report: HealthReport, expected: string | undefined): GateVerdict => {
  if (expected === undefined) return { pass: true };
  if (report.revision === undefined) return reject("no-revision", "the answer names no revision");
  const isExpected = report.revision === expected && !report.warnings.includes("revision-mismatch");
  return isExpected ? { pass: true } : reject("wrong-revision", report.revision);
};

/**
 * Stricter than the page: an unreadable 200 does not pass, nor does "pass" with a failed check that may be critical.
 * Degraded by checks that are not critical passes: the service serves.
 */
export const judgeProbe = (result: ProbeResult, expectedRevision?: string): GateVerdict => {
  if (result.kind === "error") return reject("no-answer", result.code ?? result.error);
  const { report } = result;
  const wrongRevision = judgeRevision(report, expectedRevision);
  // Said first: while the old revision still answers, its health is beside the point.
  if (!wrongRevision.pass && wrongRevision.reason === "wrong-revision") return wrongRevision;
  if (report.status === "fail") return reject("failing", failedNames(report) || `HTTP ${report.httpStatus}`);
  if (report.status === "unknown") return reject("unreadable", `HTTP ${report.httpStatus}, ${report.format}`);
  const failed = failedNames(report);
  return failed ? reject("critical-check-failed", failed) : wrongRevision;
};
