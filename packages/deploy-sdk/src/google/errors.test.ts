import { expect, test } from "vitest";
import { parseRefusal, translateClientError, translateRefusal } from "./errors.ts";

const subject = 'service "api" in staging';
const translate = (httpStatus: number, body: unknown) =>
  translateRefusal(parseRefusal(httpStatus, typeof body === "string" ? body : JSON.stringify(body)), subject);
const google = (code: number, status: string, message = "no", details: readonly object[] = []) => ({
  error: { code, status, message, details },
});
const info = (reason: string, metadata: object = {}) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  metadata,
});

test.each([
  [400, "INVALID_ARGUMENT", "invalid-request"],
  [400, "FAILED_PRECONDITION", "precondition-failed"],
  [401, "UNAUTHENTICATED", "credentials-missing"],
  [403, "PERMISSION_DENIED", "permission-denied"],
  [404, "NOT_FOUND", "not-found"],
  [409, "ALREADY_EXISTS", "already-exists"],
  [409, "ABORTED", "conflict"],
  [429, "RESOURCE_EXHAUSTED", "rate-limited"],
  [501, "UNIMPLEMENTED", "unimplemented"],
  [503, "UNAVAILABLE", "unavailable"],
  [504, "DEADLINE_EXCEEDED", "timeout"],
  [500, "INTERNAL", "remote-failed"],
])("%i %s is %s", (httpStatus, status, code) => {
  expect(translate(httpStatus, google(httpStatus, status)).code).toBe(code);
});

test("a missing right to act as the runtime account names the role that gives it", () => {
  const error = translate(
    403,
    google(403, "PERMISSION_DENIED", "Permission 'iam.serviceaccounts.actAs' denied on service account runtime@p"),
  );
  expect([error.code, error.hint]).toEqual([
    "permission-denied",
    "grant the deployer roles/iam.serviceAccountUser on the runtime service account (provisioning does it)",
  ]);
});

test("a permission that ErrorInfo names is in the hint", () => {
  const details = [info("IAM_PERMISSION_DENIED", { permission: "run.services.update" })];
  expect(translate(403, google(403, "PERMISSION_DENIED", "denied", details)).hint).toContain("run.services.update");
});

test("an API that is switched off comes with the command that switches it on", () => {
  const details = [info("SERVICE_DISABLED", { service: "run.googleapis.com", consumer: "projects/shop" })];
  const error = translate(403, google(403, "PERMISSION_DENIED", "Cloud Run Admin API has not been used", details));
  expect([error.code, error.hint]).toEqual([
    "not-provisioned",
    "gcloud services enable run.googleapis.com --project shop",
  ]);
});

test("a person's login that names no project for its quota is told to name one, not to enable an API of Google's", () => {
  const details = [info("SERVICE_DISABLED", { service: "iam.googleapis.com", consumer: "projects/764086051850" })];
  const message = "The iam.googleapis.com API requires a quota project, which is not set by default.";
  expect(translate(403, google(403, "PERMISSION_DENIED", message, details))).toMatchObject({
    code: "credentials-missing",
    hint: "gcloud auth application-default set-quota-project PROJECT",
  });
});

test("a quota project that the caller may not use comes with the role", () => {
  const error = translate(403, google(403, "PERMISSION_DENIED", "denied", [info("USER_PROJECT_DENIED")]));
  expect([error.code, error.hint]).toEqual([
    "permission-denied",
    expect.stringContaining("roles/serviceusage.serviceUsageConsumer"),
  ]);
});

test("Cloud Storage's and a registry's bodies are read in their own shapes", () => {
  const storage = translate(403, { error: { code: 403, message: "closed", errors: [{ reason: "accountDisabled" }] } });
  const registry = translate(401, { errors: [{ code: "UNAUTHORIZED", message: "no token" }] });
  expect([storage.code, registry.code, registry.message]).toEqual([
    "not-provisioned",
    "credentials-missing",
    "no token",
  ]);
});

test("a page of HTML is not shown to a person", () => {
  expect(translate(502, "<html><body>Bad Gateway</body></html>").message).toBe("the answer was HTTP 502");
});

test("an endless message is cut", () => {
  expect(translate(400, google(400, "INVALID_ARGUMENT", "x".repeat(5000))).message).toHaveLength(1000);
});

test("what a generated client throws is told by its gRPC code", () => {
  const thrown = Object.assign(new Error("5 NOT_FOUND: gone"), { code: 5 });
  expect(translateClientError(thrown, subject).code).toBe("not-found");
});

test("what Cloud Storage's client throws is told by its HTTP code", () => {
  const thrown = Object.assign(new Error("conflict"), { code: 409, errors: [{ reason: "conflict" }] });
  expect(translateClientError(thrown, subject).code).toBe("conflict");
});

test("an error that the transport has translated is passed on as it is", () => {
  const inner = translate(404, google(404, "NOT_FOUND"));
  expect(translateClientError(Object.assign(new Error("wrapped"), { cause: inner, code: 2 }), "other")).toBe(inner);
});
