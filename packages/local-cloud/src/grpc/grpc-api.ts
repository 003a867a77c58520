// One API by gRPC: each call becomes the request of its HTTP rule, and that request's answer the call's.
import type { IncomingHttpHeaders } from "node:http2";
import { GoogleError, grpcCodes } from "../server/google-error.ts";
import type { GoogleStatus, Route } from "../server/types.ts";
import { type HttpCall, type HttpRoute, toHttpCall } from "./http-call.ts";
import type { Messages } from "./messages.ts";
import { type OwnAnswer, requestOwn } from "./own-request.ts";
import type { GrpcStatus } from "./wire.ts";

export type GrpcCall = {
  /** `/google.cloud.run.v2.WorkerPools/GetWorkerPool` */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: Uint8Array;
  readonly signal: AbortSignal;
};

export type GrpcApi = {
  /** Throws CallRefused, or GoogleError. */
  readonly answer: (call: GrpcCall) => Promise<Uint8Array>;
};

export type GrpcApiOptions = {
  /** Of the cloud's own HTTP. */
  readonly url: string;
  readonly routes: readonly Route[];
  readonly messages: Messages;
};

/** The status of a call that was answered with an error. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus) {
    super(status.message);
    this.status = status;
  }
}

const UNKNOWN = 2;

type ErrorBody = {
  readonly error?: { readonly status?: GoogleStatus; readonly message?: string; readonly details?: unknown };
};

const toStatus = ({ status, json }: OwnAnswer, messages: Messages): GrpcStatus => {
  const { error = {} } = json as ErrorBody;
  const code = error.status === undefined ? UNKNOWN : grpcCodes[error.status];
  const message = error.message ?? `HTTP ${status}`;
  if (error.details === undefined) return { code, message };
  return { code, message, details: messages.encode("google.rpc.Status", { code, message, details: error.details }) };
};

/** Who calls, from where, for what: what the adapter and the handlers look at. */
const passedOn = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const names = Object.keys(headers).filter((name) => /^(?:authorization|origin|user-agent|x-goog-.*)$/.test(name));
  const host = headers[":authority"] ?? "";
  return { ...Object.fromEntries(names.map((name) => [name, headers[name]])), host };
};

/** Undefined for a path that is no method's: it must not become a request of another kind. */
const rpcOf = (path: string): string | undefined =>
  /^\/[A-Za-z]\w*(?:\.\w+)+\/\w+$/.test(path) ? path.slice(1).replace("/", ".") : undefined;

const httpCallOf = (routes: readonly HttpRoute[], message: Parameters<typeof toHttpCall>[1]): HttpCall => {
  const call = toHttpCall(routes, message);
  if (call !== undefined) return call;
  throw new GoogleError("INVALID_ARGUMENT", "Invalid resource field value in the request.");
};

export const createGrpcApi = ({ url, routes, messages }: GrpcApiOptions): GrpcApi => {
  const byRpc = Map.groupBy(routes, ({ rpc }) => rpc);
  const send = async (call: HttpCall, { headers, signal }: GrpcCall): Promise<unknown> => {
    const answer = await requestOwn({ ...call, url, headers: passedOn(headers), signal });
    if (answer.status >= 300) throw new CallRefused(toStatus(answer, messages));
    return answer.json;
  };
  return {
    answer: async (call) => {
      const rpc = rpcOf(call.path);
      if (rpc === undefined) throw new GoogleError("UNIMPLEMENTED", "The path names no method.");
      const types = messages.typesOf(rpc);
      const served = byRpc.get(rpc);
      if (types === undefined || served === undefined) {
        // A path that no route has: counted, logged and refused by its name as all that is unknown.
        await send({ method: "POST", path: call.path }, call);
        throw new GoogleError("UNIMPLEMENTED", `The local cloud does not know ${rpc}.`);
      }
      const json = await send(httpCallOf(served, messages.decode(types.request, call.message)), call);
      return messages.encode(types.response, json);
    },
  };
};
