import type { CloudResponse, GoogleStatus } from "./types.ts";

/** HTTP code of each status: https://cloud.google.com/apis/design/errors#handling_errors */
const httpCodes: Readonly<Record<GoogleStatus, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** gRPC's numbers: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
export const grpcCodes: Readonly<Record<GoogleStatus, number>> = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

/** A refusal in Google's error shape. Thrown by handlers, turned into a response by the adapter. */
export class GoogleError extends Error {
  override readonly name = "GoogleError";
  readonly status: GoogleStatus;
  readonly code: number;
  readonly details: readonly object[];

  constructor(
    status: GoogleStatus,
    message: string,
    options: { readonly code?: number; readonly details?: readonly object[] } = {},
  ) {
    super(message);
    this.status = status;
    this.code = options.code ?? httpCodes[status];
    this.details = options.details ?? [];
  }

  toResponse(): CloudResponse {
    const { code, status, message, details } = this;
    return { status: code, json: { error: { code, message, status, ...(details.length > 0 && { details }) } } };
  }
}
