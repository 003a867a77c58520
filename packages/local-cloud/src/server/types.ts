// The contract between the HTTP adapter and the services behind it. A handler is a function from a request to a
// response: it never sees a socket, so that it can be tested, counted, refused and faulted in one place.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Store } from "../store/types.ts";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export type CloudRequest = {
  readonly method: HttpMethod;
  /** Host header (or authority of an absolute-form request line), lower case, without the port. */
  readonly host: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `http://` and the host and port that the client used: what links in a reply must start with. */
  readonly origin: string;
  readonly body: Readable;
  /** The body as JSON, `undefined` when empty. Bounded: past the limit the request is answered 413. */
  readonly json: () => Promise<unknown>;
  /** Variables of the route's template, percent-decoded: `{name: "projects/p/locations/l/services/s"}`. */
  readonly params: Readonly<Record<string, string>>;
  /** Who calls: an account's email, or "anonymous" without a token. */
  readonly principal: string;
  /** Aborted when the client goes away or the cloud stops. */
  readonly signal: AbortSignal;
};

/** `json` is serialised; `body` is sent as it is, streams never held in memory. */
export type CloudResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
} & ({ readonly json: unknown } | { readonly body?: Readable | Uint8Array | string });

export type Route = {
  readonly method: HttpMethod;
  /** Google's own template syntax: `/v2/{name=projects/*\/locations/*}:verb`. `*` is one segment, `**` any number. */
  readonly template: string;
  /** Full name of the RPC or method, as in documentation and 501 answers: `google.cloud.run.v2.Services.GetService`. */
  readonly rpc: string;
  /** Does it change state? Counted as a write when it succeeds. */
  readonly write: boolean;
  /** Permission that the caller needs on `resource`; undefined: none. */
  readonly permission?: string;
  /** What the permission is asked on, in Cloud IAM's short form (`projects/p`, `buckets/b`, `projects/p/serviceAccounts/e`). Default: the project in the path. */
  readonly resource?: (request: CloudRequest) => string;
  readonly handle: (request: CloudRequest) => CloudResponse | Promise<CloudResponse>;
};

/** One of Google's APIs, or a façade of one. */
export type CloudService = {
  /** Host that Google serves it on: `run.googleapis.com`. Routes match on that host, on its regional form, and on loopback. */
  readonly api: string;
  readonly routes: readonly Route[];
  /** Brings back what the state says should run. */
  readonly start?: () => Promise<void>;
  /** Ends every process that it started. */
  readonly stop?: () => Promise<void>;
};

export type CloudContext = {
  readonly dataDir: string;
  readonly store: Store;
  /** Known once it listens. */
  readonly port: () => number;
  readonly now: () => Date;
  /** A line for the cloud's own log. */
  readonly log: (line: string) => void;
};

export type GoogleStatus =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "OUT_OF_RANGE"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "ABORTED"
  | "RESOURCE_EXHAUSTED"
  | "INTERNAL"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED";
