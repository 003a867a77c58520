// Cloud Storage's own error shape, older than the common one: a list of errors with reasons.
// https://cloud.google.com/storage/docs/json_api/v1/status-codes
import { GoogleError } from "../server/google-error.ts";
import type { CloudResponse, GoogleStatus } from "../server/types.ts";

export type StorageReason =
  | "invalid"
  | "required"
  | "parseError"
  | "authError"
  | "forbidden"
  | "notFound"
  | "conflict"
  | "conditionNotMet"
  | "requestedRangeNotSatisfiable"
  | "uploadTooLarge"
  | "rateLimitExceeded"
  | "notImplemented"
  | "backendError";

const statusOf: Readonly<Record<StorageReason, GoogleStatus>> = {
  invalid: "INVALID_ARGUMENT",
  required: "INVALID_ARGUMENT",
  parseError: "INVALID_ARGUMENT",
  authError: "UNAUTHENTICATED",
  forbidden: "PERMISSION_DENIED",
  notFound: "NOT_FOUND",
  conflict: "ALREADY_EXISTS",
  conditionNotMet: "FAILED_PRECONDITION",
  requestedRangeNotSatisfiable: "OUT_OF_RANGE",
  uploadTooLarge: "INVALID_ARGUMENT",
  rateLimitExceeded: "RESOURCE_EXHAUSTED",
  notImplemented: "UNIMPLEMENTED",
  backendError: "UNAVAILABLE",
};

const codeOf: Partial<Record<StorageReason, number>> = {
  conditionNotMet: 412,
  requestedRangeNotSatisfiable: 416,
  uploadTooLarge: 413,
};

const reasonOf = ({ status, code }: GoogleError): StorageReason => {
  if (code === 412) return "conditionNotMet";
  const reasons = Object.keys(statusOf) as StorageReason[];
  return reasons.find((reason) => statusOf[reason] === status) ?? (code >= 500 ? "backendError" : "invalid");
};

/** A refusal with its reason. `location` is the parameter or header that it is about. */
export class StorageError extends GoogleError {
  readonly reason: StorageReason;
  readonly location: string | undefined;

  constructor(reason: StorageReason, message: string, location?: string) {
    const code = codeOf[reason];
    super(statusOf[reason], message, code === undefined ? {} : { code });
    this.reason = reason;
    this.location = location;
  }
}

/** Also renders what the adapter refuses by itself: a missing permission, a body too large, an injected fault. */
export const renderStorageError = (error: GoogleError): CloudResponse => {
  const { code, message } = error;
  const reason = error instanceof StorageError ? error.reason : reasonOf(error);
  const location = error instanceof StorageError ? error.location : undefined;
  const located = location !== undefined && {
    locationType: location.includes("-") ? "header" : "parameter",
    location,
  };
  return {
    status: code,
    json: { error: { code, message, errors: [{ message, domain: "global", reason, ...located }] } },
  };
};

export const noSuchBucket = (): StorageError => new StorageError("notFound", "The specified bucket does not exist.");

export const noSuchObject = (bucket: string, name: string): StorageError =>
  new StorageError("notFound", `No such object: ${bucket}/${name}`);

export const notImplementedHere = (what: string): StorageError =>
  new StorageError("notImplemented", `${what} is not implemented in the local cloud.`);
