// Stands between the SDK and a cloud: passes every request on as it is, remembers it, and holds it against the protos.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { protoProblems, type SentRequest } from "./proto-check.ts";

export type RecordingProxy = {
  readonly endpoint: string;
  readonly requests: readonly SentRequest[];
  /** Each with the request that has it. */
  readonly problems: () => readonly string[];
  readonly close: () => Promise<void>;
};

export async function startRecordingProxy(target: { readonly port: number }): Promise<RecordingProxy> {
  const requests: SentRequest[] = [];
  const server = createServer((incoming, response) => {
    const isJson = /json/.test(incoming.headers["content-type"] ?? "");
    const parts: Buffer[] = [];
    if (isJson) incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "", url = "" } = incoming;
      requests.push({ method, url, body: Buffer.concat(parts).toString("utf8") });
    });
    forward(incoming, response, target.port);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    problems: () =>
      requests.flatMap((sent) => protoProblems(sent).map((problem) => `${sent.method} ${sent.url}: ${problem}`)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The Host stays as the client wrote it: links in answers start with it. A connection that breaks on one side breaks on the other. */
function forward(incoming: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  outgoing.on("error", () => incoming.socket.destroy());
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}
