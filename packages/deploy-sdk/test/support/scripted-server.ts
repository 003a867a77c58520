// A loopback HTTP server that answers by a script and remembers what it was asked.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};
export type Answerer = (request: Seen, response: ServerResponse, incoming: IncomingMessage) => void | Promise<void>;

/** Each request takes the next answerer; the last one answers all that follow. Ends with the test. */
export async function scriptedServer(...script: readonly [Answerer, ...Answerer[]]) {
  const seen: Seen[] = [];
  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    try {
      for await (const part of incoming) parts.push(part);
    } catch {
      return;
    }
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(parts).toString("utf8") };
    const answerer = script[Math.min(seen.length, script.length - 1)] as Answerer;
    seen.push(request);
    await answerer(request, response, incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, port, seen };
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answerer =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
export const breakConnection: Answerer = (_request, _response, incoming) => {
  incoming.socket.destroy();
};
