// The one place that talks HTTP to Google: authentication, deadlines, retries as data, translation of errors.
import type { Readable } from "node:stream";
import type { IdentityToken } from "./identity-token.ts";

/** Google's APIs that the SDK speaks to, by the host that serves them. Run is regional where its v1 surface is used. */
export type Api =
  | "run"
  | "storage"
  | "secretmanager"
  | "artifactregistry"
  | "registry"
  | "sqladmin"
  | "redis"
  | "iam"
  | "cloudresourcemanager"
  | "serviceusage"
  | "logging"
  | "compute";

export type TransportRequest = {
  readonly api: Api;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, starting with `/`; or the absolute address of an upload session that a reply named, on the same host. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialised as JSON. */
  readonly json?: unknown;
  /** A function is called for every attempt, so that a stream can be sent again. */
  readonly body?: Uint8Array | (() => Readable | Uint8Array);
  /** May this be sent again when it is unknown whether the first was applied? Default: GET, HEAD, PUT, DELETE and whatever carries a generation precondition. */
  readonly idempotent?: boolean;
  /** For all attempts together. Default 60 s. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Codes returned to the caller as they are instead of thrown as DeployError: 404, 412. */
  readonly expect?: readonly number[];
  /** For errors: `service "api" in staging`. */
  readonly subject: string;
};

export type TransportResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The whole body, bounded (default 64 MiB). */
  readonly bytes: () => Promise<Uint8Array>;
  readonly json: <Value = unknown>() => Promise<Value>;
  /** For large bodies. A body that is neither read nor discarded keeps its connection. */
  readonly stream: Readable;
  readonly discard: () => Promise<void>;
  /** How many attempts it took. */
  readonly attempts: number;
};

export type Transport = {
  /** Base address of an API: `https://run.googleapis.com`, or the environment's endpoint. */
  readonly base: (api: Api) => string;
  readonly request: (request: TransportRequest) => Promise<TransportResponse>;
  /** An access token for the environment's caller; undefined where the endpoint asks for none. */
  readonly token: () => Promise<string | undefined>;
  /** A token that proves to the private service at `audience` who calls. */
  readonly identityToken: (audience: string) => Promise<IdentityToken>;
  readonly close: () => Promise<void>;
};
