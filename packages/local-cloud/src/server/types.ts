// The contract between the HTTP adapter and the services behind it. A handler is a function from a request to a
// response: it never sees a socket, so that it can be tested, counted, refused and faulted in one place.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { Store } from "../store/types.ts";
import type { GoogleError } from "./google-error.ts";
import type { ProtoSource } from "./proto-schema.ts";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

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
  /** Field of the request that the body is, `*` for all: for the routes that gRPC calls become requests to. */
  readonly body?: string;
  /** Full name of the RPC or method, as in documentation and 501 answers: `google.cloud.run.v2.Services.GetService`. */
  readonly rpc: string;
  /** Does it change state? Counted as a write when it succeeds. */
  readonly write: boolean;
  /** Permission that the caller needs on `resource`; undefined: none. */
  readonly permission?: string;
  /** What the permission is asked on, in Cloud IAM's short form (`projects/p`, `buckets/b`, `projects/p/serviceAccounts/e`). Default: the project in the path. */
  readonly resource?: (request: CloudRequest) => string;
  /** Google has this method and the local cloud has not: it is answered 501. */
  readonly refused?: boolean;
  /** Where the template alone cannot tell whether a request is meant for this route. Asked before it is chosen. */
  readonly applies?: (request: CloudRequest) => boolean;
  readonly handle: (request: CloudRequest) => CloudResponse | Promise<CloudResponse>;
};

/**
 * Serves whole hosts below the API's routing: `*.localhost` names of services and sites. It is asked first, gets the raw
 * request, and answers for everything itself; the faults and counters of the APIs do not apply to it.
 */
export type HostHandler = {
  /** `host` is lower case and without a port. Called for every request: cheap, no I/O but an indexed look-up. */
  readonly claims: (host: string) => boolean;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** Absent: an offered upgrade is ignored. `head` is what was read beyond the request. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** Decides by the policies what a principal may do; knows nothing of the mode. Given by the service that owns IAM. */
export type Authorizer = {
  /** Does a policy on `resource` or above it grant it? `principal`: an email or "anonymous". */
  readonly allows: (principal: string, permission: string, resource: string) => boolean;
};

/**
 * An IAM policy as kept in the store's collection `iam.policies` under its resource's short form (`projects/p`,
 * `buckets/b`, `projects/p/secrets/s`): the service that owns the resource writes it, IAM's authorizer reads it.
 */
export type StoredPolicy = {
  readonly version: number;
  readonly etag: string;
  readonly bindings: readonly {
    readonly role: string;
    readonly members: readonly string[];
    readonly condition?: object;
  }[];
  /** What inherits downwards, where the name itself does not say it: `projects/p` of a bucket. */
  readonly parent?: string;
};

/** Faults that a service brings about itself. The adapter's own (status, reset, stall, …) never reach a handler. */
export type ServiceFaultKind = "slow-start" | "kill-instance" | "operation-failure" | "quota";

/** One consumed fault: `delayMs` for slow-start, `message` for what is shown. */
export type ServiceFault = { readonly kind: ServiceFaultKind; readonly delayMs: number; readonly message: string };

/** A field, or a parameter, that is taken and has no effect. */
export type IgnoredField = {
  /** With its message or method: `google.cloud.run.v2.Service.ingress`. */
  readonly field: string;
  readonly why: string;
};

/** One of Google's APIs, or a façade of one. */
export type CloudService = {
  /** Host that Google serves it on: `run.googleapis.com`. Routes match on that host, on its regional form, and on loopback. */
  readonly api: string;
  readonly routes: readonly Route[];
  /** What the routes are of, and what a gRPC client's messages mean. */
  readonly protos?: ProtoSource;
  readonly ignoredFields?: readonly IgnoredField[];
  /** How this API writes errors, where it is not the common shape. */
  readonly renderError?: (error: GoogleError) => CloudResponse;
  readonly hostHandler?: HostHandler;
  readonly authorizer?: Authorizer;
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
  /**
   * Asks for a permission that a route's own `permission` does not cover (actAs on a runtime account). Off: nothing;
   * record: noted; enforce: throws PERMISSION_DENIED, or UNAUTHENTICATED for "anonymous".
   */
  readonly authorize: (principal: string, permission: string, resource: string) => void;
  /** Do the policies grant it, whatever the mode? For what Google itself makes public or private: sites, invokers. */
  readonly allows: (principal: string, permission: string, resource: string) => boolean;
  /** Answers a request that came within another: routed, permitted and counted as one of its own. Throws GoogleError for a path that is none. */
  readonly dispatch: (request: CloudRequest) => Promise<CloudResponse>;
  /** Takes a fault that was ordered for this subject (`botbalance-api`, an operation's rpc), and counts it as consumed. */
  readonly takeFault: (kind: ServiceFaultKind, subject: string) => ServiceFault | undefined;
  /** Aborted when the cloud stops. */
  readonly signal: AbortSignal;
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
