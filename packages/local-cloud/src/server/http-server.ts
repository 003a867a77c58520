// The one listening socket: who gets a request (a host handler or the APIs), what is refused, and how it ends.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Tunnels } from "../grpc/tunnels.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import type { Adapter } from "./adapter.ts";
import { parseTarget } from "./request-target.ts";
import type { HostHandler } from "./types.ts";

export type HttpServerOptions = {
  readonly adapter: Adapter;
  readonly hostHandlers: readonly HostHandler[];
  readonly tunnels: Tunnels;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: (line: string) => void;
};

export type HttpServer = {
  readonly port: number;
  /** Lets answers in flight end for `STOP_GRACE_MS`, then closes every connection. */
  readonly stop: () => Promise<void>;
};

const STOP_GRACE_MS = 500;
/** Clients keep connections for reuse; one that the server closes first is a reset for the request just sent on it. */
const KEEP_ALIVE_MS = 65_000;
/** A large upload through a slow link; a stalled one ends here. */
const REQUEST_TIMEOUT_MS = 30 * 60_000;

/** A whole answer on a socket that has no ServerResponse. */
const refuseSocket = (socket: Duplex, status: string, text: string): void => {
  const body = `${text}\n`;
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};

/** What a client did wrong, by Node's code; else it speaks no HTTP/1.1. */
const clientErrors: Readonly<Record<string, readonly [status: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The address and the headers are more than 16 KiB."],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request did not arrive in time."],
};

/** Told in the log as well: a client that asks for a tunnel shows at most the status of its refusal. */
const refuseConnect = (message: IncomingMessage, socket: Duplex, log: HttpServerOptions["log"]): void => {
  const [host = "this host"] = (message.url ?? "").split(":");
  const why = `The local cloud opens no tunnel to ${host}: it has TLS only for gRPC, to APIs whose protos it has. Use an http:// address for it (gcloud: CLOUDSDK_API_ENDPOINT_OVERRIDES_…=http://${host}/).`;
  log(`501 CONNECT ${message.url}: ${why}`);
  refuseSocket(socket, "501 Not Implemented", why);
};

const takeConnect = async (
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { tunnels, log }: HttpServerOptions,
): Promise<void> => {
  socket.on("error", () => socket.destroy());
  if (!tunnels.serves(message.url ?? "")) return refuseConnect(message, socket, log);
  try {
    if (head.length > 0) socket.unshift(head);
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    await tunnels.accept(socket);
  } catch (error) {
    log(`500 CONNECT ${message.url}: ${error instanceof Error ? error.stack : error}`);
    socket.destroy();
  }
};

const translateListenError = (error: NodeJS.ErrnoException, { host, port }: HttpServerOptions): LocalCloudError => {
  const subject = `${host}:${port}`;
  if (error.code === "EADDRINUSE")
    return new LocalCloudError("port-in-use", `port ${port} on ${host} is in use`, {
      subject,
      hint: "stop what listens there, or start the local cloud with another port (0: any free one)",
      cause: error,
    });
  return new LocalCloudError("cannot-listen", `cannot listen on ${subject}: ${error.code ?? error.message}`, {
    subject,
    hint: "use an address of this machine (127.0.0.1) and a port from 1024 to 65535",
    cause: error,
  });
};

const listen = (server: Server, options: HttpServerOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", (error) => reject(translateListenError(error, options)));
    server.listen(options.port, options.host, () => resolve((server.address() as AddressInfo).port));
  });

const close = async (
  server: Server,
  { adapter, tunnels }: HttpServerOptions,
  sockets: ReadonlySet<Duplex>,
): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  tunnels.close();
  // The timer holds the process: a connection that is not read, as of a refused upload, would not, and the stop be cut short.
  const over = new AbortController();
  const grace = delay(STOP_GRACE_MS, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([closed, grace]);
  over.abort();
  adapter.abort();
  for (const socket of sockets) socket.destroy();
  await closed;
};

/** Throws LocalCloudError when it cannot listen. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const claimant = (message: IncomingMessage): HostHandler | undefined => {
    const target = parseTarget(message);
    return target && options.hostHandlers.find((handler) => handler.claims(target.host));
  };
  const onRequest = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const handler = claimant(message) ?? options.adapter;
    try {
      await handler.handle(message, response);
    } catch (error) {
      options.log(
        `500 ${message.method} ${parseTarget(message)?.host}: ${error instanceof Error ? error.stack : error}`,
      );
      if (!response.headersSent) response.writeHead(500).end();
      else message.socket.destroy();
    }
  };

  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Elsewhere an offered upgrade (h2c) is ignored, and the request answered as HTTP/1.1.
    shouldUpgradeCallback: (message) => claimant(message)?.upgrade !== undefined,
  });
  server.on("request", (message, response) => void onRequest(message, response));
  server.on("connect", (message, socket, head) => void takeConnect(message, socket, head, options));
  server.on("upgrade", (message, socket, head) => {
    claimant(message)?.upgrade?.(message, socket, head);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const [status, text] = clientErrors[error.code ?? ""] ?? ["400 Bad Request", "This is not an HTTP/1.1 request."];
    if (socket.writable) refuseSocket(socket, status, text);
    else socket.destroy();
  });
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  const port = await listen(server, options);
  return { port, stop: () => close(server, options, sockets) };
};
