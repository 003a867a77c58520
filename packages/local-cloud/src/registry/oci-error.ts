// Refusals in the registry's own error shape, which docker-style clients show to their user.
import type { GoogleError } from "../server/google-error.ts";
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";

/** Codes and their HTTP statuses: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
const httpStatuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNSUPPORTED: 405,
} as const satisfies Record<string, number>;

export type OciErrorCode = keyof typeof httpStatuses;

type OciErrorOptions = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly detail?: unknown;
};

/** Thrown by the registry's handlers, turned into a response by `ociRoute`. */
export class OciError extends Error {
  override readonly name = "OciError";
  readonly code: OciErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: unknown;

  constructor(code: OciErrorCode, message: string, options: OciErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? httpStatuses[code];
    this.headers = options.headers ?? {};
    this.detail = options.detail;
  }

  toResponse(): CloudResponse {
    const { code, message, detail, status, headers } = this;
    return { status, headers, json: { errors: [{ code, message, ...(detail !== undefined && { detail }) }] } };
  }
}

/** A route whose refusals have the registry's shape and whose answers name the API's version. */
export function ociRoute(route: Route): Route {
  const handle = async (request: CloudRequest): Promise<CloudResponse> => {
    const response = await answer(route, request);
    return { ...response, headers: { "docker-distribution-api-version": "registry/2.0", ...response.headers } };
  };
  return { ...route, handle };
}

async function answer(route: Route, request: CloudRequest): Promise<CloudResponse> {
  try {
    return await route.handle(request);
  } catch (error) {
    if (error instanceof OciError) return error.toResponse();
    throw error;
  }
}

const googleCodes: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "UNAUTHORIZED",
  PERMISSION_DENIED: "DENIED",
  RESOURCE_EXHAUSTED: "TOOMANYREQUESTS",
  UNIMPLEMENTED: "UNSUPPORTED",
};

/** What the adapter refuses, in the registry's shape. Basic: docker-style clients then send the token as a password. */
export function renderGoogleError({ status, code, message }: GoogleError): CloudResponse {
  const headers = { ...(code === 401 && { "www-authenticate": 'Basic realm="Artifact Registry"' }) };
  return { status: code, headers, json: { errors: [{ code: googleCodes[status] ?? "UNKNOWN", message }] } };
}
