// Refusals in the words and the shape of the Cloud SQL Admin API, which is older than Google's common one.
import { GoogleError } from "../server/google-error.ts";
import type { CloudResponse, GoogleStatus } from "../server/types.ts";

export type SqlReason =
  | "instanceDoesNotExist"
  | "instanceAlreadyExists"
  | "operationDoesNotExist"
  | "operationInProgress"
  | "databaseDoesNotExist"
  | "userDoesNotExist"
  | "invalid"
  | "failedPrecondition"
  | "conditionNotMet";

/** @param code HTTP code where it is not the status's own. */
export function sqlError(status: GoogleStatus, reason: SqlReason, message: string, code?: number): GoogleError {
  return new GoogleError(status, message, { ...(code !== undefined && { code }), details: [{ reason }] });
}

export const invalidRequest = (message: string): GoogleError =>
  sqlError("INVALID_ARGUMENT", "invalid", `Invalid request: ${message}`);

/** `{"error":{"code","message","errors":[{"message","domain","reason"}]}}` */
export function renderSqlError({ code, message, status, details }: GoogleError): CloudResponse {
  const reason = details.map((detail) => ("reason" in detail ? detail.reason : undefined)).find(Boolean);
  const errors = [{ message, domain: "global", reason: reason ?? toCamelCase(status) }];
  return { status: code, json: { error: { code, message, errors } } };
}

const toCamelCase = (status: string): string =>
  status.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
