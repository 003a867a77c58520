// The one place where Google's refusals, in each of their shapes, become DeployErrors. Codes come from status and
// reason fields; a message's text is looked at for a better hint only.
import { DeployError, type DeployErrorCode } from "../deploy-error.ts";

/** What a refusal says, whatever shape it came in. */
export type Refusal = {
  readonly httpStatus: number;
  /** `PERMISSION_DENIED`: https://cloud.google.com/apis/design/errors#handling_errors */
  readonly status: string | undefined;
  readonly message: string;
  /** ErrorInfo's reason (`SERVICE_DISABLED`), Cloud Storage's (`conditionNotMet`) or a registry's (`MANIFEST_UNKNOWN`). */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
};

const byStatus: Readonly<Record<string, DeployErrorCode>> = {
  INVALID_ARGUMENT: "invalid-request",
  OUT_OF_RANGE: "invalid-request",
  FAILED_PRECONDITION: "precondition-failed",
  UNAUTHENTICATED: "credentials-missing",
  PERMISSION_DENIED: "permission-denied",
  NOT_FOUND: "not-found",
  ALREADY_EXISTS: "already-exists",
  ABORTED: "conflict",
  RESOURCE_EXHAUSTED: "rate-limited",
  UNIMPLEMENTED: "unimplemented",
  UNAVAILABLE: "unavailable",
  DEADLINE_EXCEEDED: "timeout",
};

const byHttpStatus: Readonly<Record<number, DeployErrorCode>> = {
  400: "invalid-request",
  401: "credentials-missing",
  403: "permission-denied",
  404: "not-found",
  408: "timeout",
  409: "conflict",
  412: "precondition-failed",
  429: "rate-limited",
  501: "unimplemented",
  503: "unavailable",
  504: "timeout",
};

/** Cloud Storage answers 403 for a billing account that is closed, 429 for quotas; ErrorInfo reasons are Google-wide. */
const byReason: Readonly<Record<string, DeployErrorCode>> = {
  SERVICE_DISABLED: "not-provisioned",
  BILLING_DISABLED: "not-provisioned",
  accountDisabled: "not-provisioned",
  CONSUMER_INVALID: "not-found",
  RATE_LIMIT_EXCEEDED: "rate-limited",
  QUOTA_EXCEEDED: "quota-exceeded",
  quotaExceeded: "quota-exceeded",
  UNAUTHORIZED: "credentials-missing",
  DENIED: "permission-denied",
};

const retryable: ReadonlySet<DeployErrorCode> = new Set(["rate-limited", "unavailable", "timeout", "conflict"]);
const messageLimit = 1000;

export function translateRefusal(refusal: Refusal, subject: string, cause?: unknown): DeployError {
  const code = codeOf(refusal);
  const hint = hintFor(code, refusal);
  return new DeployError(code, {
    subject,
    message: refusal.message.slice(0, messageLimit) || `the answer was HTTP ${refusal.httpStatus}`,
    ...(hint !== undefined && { hint }),
    retryable: retryable.has(code) || refusal.httpStatus >= 500,
    cause,
  });
}

/**
 * Projects of gcloud's own logins: quota is counted on them where a person's credentials name no project, and they have no API
 * enabled. https://cloud.google.com/docs/authentication/troubleshoot-adc#user-creds-client-based
 */
const loginProjects: ReadonlySet<unknown> = new Set(["projects/764086051850", "projects/32555940559"]);
const lacksQuotaProject = ({ reason, metadata }: Refusal): boolean =>
  reason === "SERVICE_DISABLED" && loginProjects.has(metadata["consumer"]);

const codeOf = (refusal: Refusal): DeployErrorCode =>
  lacksQuotaProject(refusal) ? "credentials-missing" : codeBySource(refusal);

const codeBySource = ({ reason, status, httpStatus }: Refusal): DeployErrorCode =>
  (reason !== undefined ? byReason[reason] : undefined) ??
  (status !== undefined ? byStatus[status] : undefined) ??
  byHttpStatus[httpStatus] ??
  "remote-failed";

const quotaProjectHint = "gcloud auth application-default set-quota-project PROJECT";

function hintFor(code: DeployErrorCode, refusal: Refusal): string | undefined {
  const { reason, message, metadata } = refusal;
  if (lacksQuotaProject(refusal) || /\bquota project\b/.test(message)) return quotaProjectHint;
  if (reason === "USER_PROJECT_DENIED")
    return `grant the caller roles/serviceusage.serviceUsageConsumer on its quota project, or choose another: ${quotaProjectHint}`;
  if (code === "credentials-missing") return "gcloud auth application-default login";
  if (reason === "SERVICE_DISABLED")
    return `gcloud services enable ${metadata["service"] ?? "<the API named above>"}${projectFlag(metadata)}`;
  if (reason === "BILLING_DISABLED" || reason === "accountDisabled")
    return "link an open billing account: https://console.cloud.google.com/billing/linkedaccount";
  if (code === "permission-denied") return permissionHint(message, metadata["permission"]);
  if (code === "quota-exceeded") return "ask for more: https://console.cloud.google.com/iam-admin/quotas";
  return undefined;
}

const projectFlag = ({ consumer = "" }: Readonly<Record<string, string>>): string =>
  consumer.startsWith("projects/") ? ` --project ${consumer.slice("projects/".length)}` : "";

function permissionHint(message: string, permission: string | undefined): string {
  const denied = permission ?? /\b[a-z]+(?:\.[A-Za-z]+){2,}\b/.exec(message)?.[0];
  // The most frequent refusal of a first deploy: the role belongs on the runtime account, not on the project.
  if (denied?.toLowerCase() === "iam.serviceaccounts.actas")
    return "grant the deployer roles/iam.serviceAccountUser on the runtime service account (provisioning does it)";
  return denied === undefined
    ? "the caller lacks a permission; provisioning grants the deployer its roles"
    : `the caller lacks ${denied}; provisioning grants the deployer its roles`;
}

/** Reads an error body: Google's, Cloud Storage's (XML for website requests is left as text) or a registry's. */
export function parseRefusal(httpStatus: number, body: string): Refusal {
  const parsed = parseJson(body);
  const error = field(parsed, "error");
  if (isRecord(error)) return googleRefusal(httpStatus, error);
  const first = firstOf(field(parsed, "errors"));
  if (first)
    return {
      httpStatus,
      status: undefined,
      message: text(first["message"]),
      reason: text(first["code"]),
      metadata: {},
    };
  const plain = parsed === undefined && !/^\s*</.test(body) ? body.trim() : "";
  return { httpStatus, status: undefined, message: plain, reason: undefined, metadata: {} };
}

function googleRefusal(httpStatus: number, error: Readonly<Record<string, unknown>>): Refusal {
  const details = Array.isArray(error["details"]) ? error["details"].filter(isRecord) : [];
  const info = details.find((detail) => text(detail["@type"]).endsWith("google.rpc.ErrorInfo"));
  const storage = firstOf(error["errors"]);
  const reason = text(info?.["reason"]) || text(storage?.["reason"]);
  return {
    httpStatus,
    status: text(error["status"]) || undefined,
    message: text(error["message"]),
    reason: reason || undefined,
    metadata: isRecord(info?.["metadata"]) ? stringsOf(info["metadata"]) : {},
  };
}

/** gRPC codes, which the generated clients put on their errors: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const grpcStatuses: Readonly<Record<number, readonly [status: string, httpStatus: number]>> = {
  1: ["CANCELLED", 499],
  3: ["INVALID_ARGUMENT", 400],
  4: ["DEADLINE_EXCEEDED", 504],
  5: ["NOT_FOUND", 404],
  6: ["ALREADY_EXISTS", 409],
  7: ["PERMISSION_DENIED", 403],
  8: ["RESOURCE_EXHAUSTED", 429],
  9: ["FAILED_PRECONDITION", 400],
  10: ["ABORTED", 409],
  11: ["OUT_OF_RANGE", 400],
  12: ["UNIMPLEMENTED", 501],
  13: ["INTERNAL", 500],
  14: ["UNAVAILABLE", 503],
  16: ["UNAUTHENTICATED", 401],
};

/** What an official client threw. The generated ones carry ours as its cause where the transport had translated it already. */
export function translateClientError(error: unknown, subject: string): DeployError {
  if (error instanceof DeployError) return error;
  if (!isRecord(error)) return new DeployError("remote-failed", { subject, message: String(error), cause: error });
  if (error["cause"] instanceof DeployError) return error["cause"];
  const code = Number(error["code"]);
  const [status, httpStatus] = grpcStatuses[code] ?? [undefined, code >= 400 ? code : 500];
  const metadata = error["errorInfoMetadata"];
  const reason = text(error["reason"]) || text(firstOf(error["errors"])?.["reason"]);
  const refusal: Refusal = {
    httpStatus,
    status,
    message: text(error["message"]),
    reason: reason || undefined,
    metadata: isRecord(metadata) ? stringsOf(metadata) : {},
  };
  return translateRefusal(refusal, subject, error);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const field = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const firstOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  Array.isArray(value) ? value.find(isRecord) : undefined;
const stringsOf = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
