// Ends the TLS of tunnels to Google's APIs and answers the gRPC calls in them. Loaded with the first tunnel: who uses no
// gRPC pays nothing for it.
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { GoogleError, grpcCodes } from "../server/google-error.ts";
import { apiOf } from "../server/router.ts";
import type { CloudService } from "../server/types.ts";
import type { Certificate } from "./certificate.ts";
import { CallRefused, createGrpcApi, type GrpcApi } from "./grpc-api.ts";
import { loadMessages } from "./messages.ts";
import { type GrpcStatus, readMessage, sendMessage, sendStatus } from "./wire.ts";

export type GrpcServerOptions = {
  readonly certificate: Certificate;
  /** Of the cloud's own HTTP. */
  readonly url: string;
  readonly services: readonly CloudService[];
  readonly log: (line: string) => void;
};

export type GrpcServer = {
  readonly accept: (socket: Duplex) => void;
  /** Lets calls in flight end. */
  readonly close: () => void;
};

const withoutPort = (authority: string): string => authority.toLowerCase().replace(/:\d*$/, "");

/** By the API's host; made with the first call. */
const createApis = ({ services, url }: GrpcServerOptions) => {
  const apis = new Map<string, GrpcApi>();
  return (host: string): GrpcApi => {
    const name = apiOf(withoutPort(host));
    const service = services.find(({ api, protos }) => api === name && protos !== undefined);
    if (service?.protos === undefined)
      throw new GoogleError("UNIMPLEMENTED", `The local cloud does not serve ${host} by gRPC.`);
    const api =
      apis.get(name) ?? createGrpcApi({ url, routes: service.routes, messages: loadMessages(service.protos) });
    apis.set(name, api);
    return api;
  };
};

const statusOf = (error: unknown, path: string, log: GrpcServerOptions["log"]): GrpcStatus => {
  if (error instanceof CallRefused) return error.status;
  if (error instanceof GoogleError) {
    if (error.status === "UNIMPLEMENTED") log(`501 ${path}: ${error.message}`);
    return { code: grpcCodes[error.status], message: error.message };
  }
  log(`500 ${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { code: grpcCodes.INTERNAL, message: "Internal error encountered." };
};

export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => {
  const apiFor = createApis(options);
  const { certificate, log } = options;
  const answer = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const gone = new AbortController();
    stream.once("close", () => gone.abort());
    // The client may leave at any time; `close` follows.
    stream.on("error", () => {});
    const path = headers[":path"] ?? "";
    try {
      const message = await readMessage(stream, headers);
      const api = apiFor(headers[":authority"] ?? "");
      sendMessage(stream, await api.answer({ path, headers, message, signal: gone.signal }));
    } catch (error) {
      if (!stream.destroyed && !stream.headersSent) sendStatus(stream, statusOf(error, path, log));
    }
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...certificate });
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const { ":method": method, "content-type": type = "" } = headers;
    if (method === "POST" && type.startsWith("application/grpc")) return void answer(stream, headers);
    stream.respond({ ":status": 415 }, { endStream: true });
  });
  server.on("tlsClientError", ({ code = "unknown" }: NodeJS.ErrnoException) =>
    log(`a tunnel ended before its TLS was agreed on (${code}): only gRPC has it, with the certificate that env names`),
  );
  server.on("sessionError", (error) => log(`a gRPC connection ended: ${error.message}`));
  return {
    accept: (socket) => void server.emit("connection", socket),
    close: () => {
      for (const session of sessions) session.close();
    },
  };
};
