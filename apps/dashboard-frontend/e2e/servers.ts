import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const listen = async (server: Server, port = 0): Promise<number> => {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

const close = async (server: Server) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

export type Site = {
  readonly url: string;
  /** What /config.json answers; 404 while it is undefined. */
  config: { readonly status?: number; readonly body: string } | undefined;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
};

/** The built page as a bucket serves it: files or 404, and the deploy's /config.json. Browsers take names under localhost for loopback. */
export const startSite = async (folder: string): Promise<Site> => {
  const site: { config: Site["config"] } = { config: undefined };
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://site").pathname);
    requests.push(path);
    if (path === "/config.json") {
      response.writeHead(site.config ? (site.config.status ?? 200) : 404, { "content-type": "application/json" });
      response.end(site.config?.body);
      return;
    }
    const file = join(folder, path === "/" ? "index.html" : path);
    const content = await readFile(file).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { "content-type": types[extname(file)] ?? "text/plain" });
    response.end(content);
  });
  const port = await listen(server);
  return Object.assign(site, { url: `http://app.example.com.localhost:${port}`, requests, close: () => close(server) });
};

export type Reply = {
  readonly status?: number;
  /** Sent as JSON unless it is a text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the page may read it. Default true. */
  readonly cors?: boolean;
};

export type Api = {
  readonly url: string;
  /** What the next probes are answered; "hang" never answers. */
  reply: Reply | "hang";
  /** How long an answer takes. */
  delayMs: number;
  readonly requests: string[];
  /** Nothing listens on its port any more. */
  readonly stop: () => Promise<void>;
  /** Listens on the same port again. */
  readonly restart: () => Promise<void>;
};

const answer = (request: IncomingMessage, response: ServerResponse, reply: Reply) => {
  const allow = reply.cors === false ? {} : { "access-control-allow-origin": request.headers.origin ?? "*" };
  response.writeHead(reply.status ?? 200, {
    "content-type": "application/health+json",
    "access-control-expose-headers": "Date, ETag, Retry-After, Server-Timing, X-Revision",
    "timing-allow-origin": "*",
    ...allow,
    ...reply.headers,
  });
  response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
};

/** An API whose health is in the test's hands. */
export const startApi = async (reply: Reply): Promise<Api> => {
  const requests: string[] = [];
  const state: Pick<Api, "reply" | "delayMs"> = { reply, delayMs: 0 };
  const start = () =>
    createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const { reply } = state;
      if (reply !== "hang") setTimeout(answer, state.delayMs, request, response, reply);
    });
  let server = start();
  const port = await listen(server);
  return Object.assign(state, {
    url: `http://api-123456789012.asia-southeast1.run.localhost:${port}`,
    requests,
    stop: () => close(server),
    restart: async () => {
      server = start();
      await listen(server, port);
    },
  });
};
