// What the ingress does with requests on their way: https://cloud.google.com/run/docs/container-contract

import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { ask, serverScript } from "./run-cloud.ts";
import { parsed, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { create, image } = suite;
const soon = { timeout: 10_000, interval: 20 };

const script = `
const { createHash } = require("crypto");
const server = require("http").createServer(async (request, response) => {
  const { url, method, headers } = request;
  if (url === "/hash") {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of request) { hash.update(chunk); bytes += chunk.length; }
    return response.end(JSON.stringify({ bytes, hash: hash.digest("hex") }));
  }
  if (url === "/big") {
    const chunk = Buffer.alloc(1 << 20, "x");
    for (let i = 0; i < 64; i++) {
      if (response.write(chunk)) continue;
      const waits = setTimeout(() => console.log("held back"), 500);
      await new Promise((resolve) => response.once("drain", resolve));
      clearTimeout(waits);
    }
    return response.end();
  }
  if (url === "/long") return response.writeHead(200, { "content-length": 40 << 20 }).end(Buffer.alloc(40 << 20));
  if (url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: one\\n\\n");
    request.on("close", () => console.log("the client of the events has gone"));
    return;
  }
  if (url === "/cut") { response.writeHead(200, { "content-length": 100 }); response.write("half"); return setTimeout(() => response.destroy(), 20); }
  if (url === "/teapot") return response.writeHead(418, "I am a teapot", ["Set-Cookie", "a=1", "set-cookie", "b=2", "Connection", "x-hop", "x-hop", "1"]).end("short and stout");
  if (url === "/malformed") return request.socket.end("HTTP/1.1 200 OK\\r\\ncontent-length: 1\\r\\ncontent-length: 2\\r\\n\\r\\nab");
  if (url === "/forbidden-byte") return request.socket.end("HTTP/1.1 200 OK\\r\\nx: a\\x00b\\r\\ncontent-length: 0\\r\\n\\r\\n");
  if (url === "/early") return response.writeHead(409).end("seen enough");
  if (url === "/trailers") { response.writeHead(200, { trailer: "x-sum" }); response.write("a"); response.addTrailers({ "x-sum": "1" }); return response.end(); }
  if (url === "/empty") return response.writeHead(204).end();
  response.end(JSON.stringify({ url, method, headers, raw: request.rawHeaders }));
});
server.on("upgrade", (request, socket, head) => {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
  socket.write(head);
  socket.pipe(socket);
  socket.on("close", () => console.log("the socket has closed"));
});
server.listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));`;

let uri = "";
beforeAll(async () => {
  ({ uri } = await create("echo", await image("echo", script)));
});

type Echo = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: readonly string[];
};

const open = async (target: string): Promise<{ readonly socket: Socket; readonly host: string }> => {
  const { host, port } = new URL(target);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  return { socket, host };
};

const readUntil = (socket: Socket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let seen = "";
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString("latin1");
      if (!seen.includes(text)) return;
      socket.off("data", onData);
      resolve(seen);
    };
    socket.on("data", onData);
    socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(seen)}`)));
  });

describe("the ingress", () => {
  it("tells the container who asked, for which host, and gives the request a trace", async () => {
    const echo = parsed<Echo>(
      await ask(uri, { path: "/a%20b?c=%2F", headers: { "x-forwarded-for": "203.0.113.7", "x-own": "kept" } }),
    );
    expect(echo).toMatchObject({ url: "/a%20b?c=%2F", method: "GET" });
    expect(echo.headers).toMatchObject({
      ...{
        host: new URL(uri).host,
        "x-forwarded-for": "203.0.113.7,127.0.0.1",
        "x-forwarded-proto": "http",
        "x-own": "kept",
      },
      forwarded: 'for="127.0.0.1";proto=http',
      "x-cloud-trace-context": expect.stringMatching(/^[0-9a-f]{32}\/\d+;o=0$/),
    });
    const traced = parsed<Echo>(
      await ask(uri, { headers: { "x-cloud-trace-context": "105445aa7843bc8bf206b12000100000/1;o=1" } }),
    );
    expect(traced.headers["x-cloud-trace-context"]).toBe("105445aa7843bc8bf206b12000100000/1;o=1");
  });

  it("passes on neither side's connection headers, and all others as they came", async () => {
    const headers = {
      connection: "keep-alive, x-secret-hop",
      "x-secret-hop": "1",
      te: "trailers",
      "proxy-authorization": "x",
      "x-serverless-authorization": "Bearer x",
    };
    const echo = parsed<Echo>(await ask(uri, { headers }));
    for (const name of ["x-secret-hop", "te", "proxy-authorization", "x-serverless-authorization"])
      expect(echo.headers).not.toHaveProperty(name);
    const teapot = await ask(uri, { path: "/teapot" });
    expect(teapot).toMatchObject({ status: 418, text: "short and stout", headers: { "set-cookie": ["a=1", "b=2"] } });
    expect(teapot.headers).not.toHaveProperty("x-hop");
  });

  it("carries every method, and answers without a body", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      expect(parsed<Echo>(await ask(uri, { method })).method).toBe(method);
    expect(await ask(uri, { path: "/empty" })).toMatchObject({ status: 204, text: "" });
    expect(await ask(uri, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  });

  it("streams an upload of unknown length whole", async () => {
    const chunk = Buffer.alloc(1 << 20, "abc");
    const hash = createHash("sha256");
    const { host, port } = new URL(uri);
    const sent = request({ host: "127.0.0.1", port, path: "/hash", method: "POST", headers: { host }, agent: false });
    const answered = once(sent, "response");
    for (let index = 0; index < 32; index++) {
      hash.update(chunk);
      if (!sent.write(chunk)) await once(sent, "drain");
    }
    sent.end();
    const [response] = await answered;
    const text = Buffer.concat(await response.toArray()).toString();
    expect(JSON.parse(text)).toEqual({ bytes: 32 << 20, hash: hash.digest("hex") });
  });

  // https://cloud.google.com/run/quotas#request_limits
  it("refuses a request of more than 32 MiB, and an answer of more that is not chunked", async () => {
    const body = Buffer.alloc((32 << 20) + 1);
    expect(await ask(uri, { path: "/hash", method: "POST", body })).toMatchObject({ status: 413 });
    const chunked = { "transfer-encoding": "chunked" };
    expect(await ask(uri, { path: "/hash", method: "POST", body, headers: chunked })).toMatchObject({ status: 413 });
    expect(await ask(uri, { path: "/long" })).toMatchObject({ status: 500 });
    expect(await ask(uri, { path: "/long", method: "HEAD" })).toMatchObject({ status: 200 });
    expect(suite.cloud().lines("echo").join("\n")).toContain("Response size was too large.");
    expect((await ask(uri)).status).toBe(200);
  });

  it("holds back a container that answers faster than its client reads", async () => {
    const { socket, host } = await open(uri);
    socket.write(`GET /big HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    socket.pause();
    await expect.poll(() => suite.cloud().lines("echo"), soon).toContain("held back");
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    await once(socket, "close");
    expect(bytes).toBeGreaterThan(64 << 20);
  });

  it("sends events as they come, and tells the container when the client goes", async () => {
    const { socket, host } = await open(uri);
    socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(await readUntil(socket, "data: one")).toContain("text/event-stream");
    socket.destroy();
    await expect.poll(() => suite.cloud().lines("echo"), soon).toContain("the client of the events has gone");
  });

  it("never ends an answer as whole that the container did not finish", async () => {
    await expect(ask(uri, { path: "/cut" })).rejects.toThrow();
  });

  it("refuses an answer that can be read in two ways, and one that may not be passed on", async () => {
    expect((await ask(uri, { path: "/malformed" })).status).toBe(503);
    expect((await ask(uri, { path: "/forbidden-byte" })).status).toBe(503);
    expect(suite.cloud().lines("echo").join("\n")).toContain("the HTTP response was malformed");
    expect((await ask(uri)).status).toBe(200);
  });

  it("passes on an answer that comes before the end of its request, and serves the next one", async () => {
    const { socket, host } = await open(uri);
    socket.write(`POST /early HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\n\r\na`);
    expect(await readUntil(socket, "seen enough")).toContain("409");
    socket.write(`bcGET /next HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, '"url":"/next"');
    socket.destroy();
  });

  it("passes on trailers", async () => {
    const { host, port } = new URL(uri);
    const sent = request({ host: "127.0.0.1", port, path: "/trailers", headers: { host }, agent: false }).end();
    const [response] = await once(sent, "response");
    await response.toArray();
    expect(response.trailers).toEqual({ "x-sum": "1" });
  });

  it("uses a connection again that had to wait for a slow client", async () => {
    const { socket, host } = await open(uri);
    for (let round = 0; round < 2; round++) {
      socket.pause();
      socket.write(`GET /big HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      let bytes = 0;
      const done = new Promise<void>((resolve) => {
        socket.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > 64 << 20 && chunk.subarray(-5).toString() === "0\r\n\r\n") resolve();
        });
      });
      socket.resume();
      await done;
      socket.removeAllListeners("data");
    }
    socket.destroy();
  });

  it("carries a WebSocket both ways until either side ends", async () => {
    const { socket, host } = await open(uri);
    socket.write(
      `GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly`,
    );
    expect(await readUntil(socket, "early")).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    socket.write("hello");
    await readUntil(socket, "hello");
    socket.end();
    await expect.poll(() => suite.cloud().lines("echo"), soon).toContain("the socket has closed");
    await expect
      .poll(
        () =>
          suite
            .cloud()
            .run.engine.fleet.revisions()
            .map((name) => suite.cloud().run.engine.fleet.counts(name).inFlight),
        soon,
      )
      .toEqual([0]);
  });

  it("keeps a client's connection through several requests", async () => {
    const { socket, host } = await open(uri);
    for (const path of ["/1", "/2", "/3"]) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await readUntil(socket, `"url":"${path}"`);
    }
    socket.destroy();
  });

  it("answers for hosts that nothing is deployed at, and for paths that Google keeps", async () => {
    expect((await ask(uri.replace("echo", "nobody"))).status).toBe(404);
    expect((await ask(uri.replace("http://", "http://tag---"))).status).toBe(404);
    for (const path of ["/_ah/warmup", "/healthz", "/eventlog"])
      expect((await ask(uri, { path })).status, path).toBe(404);
    expect((await ask(uri, { path: "/api/health" })).status).toBe(200);
  });

  it("takes a host in any case, and in an absolute request line", async () => {
    const { host } = new URL(uri);
    expect((await ask(uri, { headers: { host: host.toUpperCase() } })).status).toBe(200);
    expect(parsed<Echo>(await ask(uri, { path: `http://${host}/through-a-proxy?x` })).url).toBe("/through-a-proxy?x");
  });

  it("serves a service at the domain that is mapped to it", async () => {
    const { ingress } = suite.cloud().run;
    const { port } = new URL(uri);
    ingress.setDomain("api.example.com", "projects/demo/locations/asia-southeast1/services/echo");
    expect(parsed<Echo>(await ask(`http://api.example.com.localhost:${port}`)).headers["host"]).toBe(
      `api.example.com.localhost:${port}`,
    );
    ingress.setDomain("api.example.com", undefined);
    expect((await ask(`http://api.example.com.localhost:${port}`)).status).not.toBe(200);
    expect(serverScript()).toBeTruthy();
  });
});
