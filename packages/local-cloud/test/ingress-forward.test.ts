import { createServer, get, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { createInstanceAgent, type Forwarded, forward } from "../src/ingress/forward.ts";
import { forwardUpgrade } from "../src/ingress/forward-upgrade.ts";

type Handler = (message: IncomingMessage, response: ServerResponse) => void;

async function listen(
  handler: Handler,
  onUpgrade?: (message: IncomingMessage, socket: Socket) => void,
): Promise<number> {
  const server = createServer(handler);
  if (onUpgrade) server.on("upgrade", (message, socket) => onUpgrade(message, socket as Socket));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An instance behind a proxy; `outcomes` are what forward told. */
async function proxyTo(
  port: number,
  timeoutMs = 5000,
): Promise<{ readonly port: number; readonly outcomes: Forwarded[] }> {
  const agent = createInstanceAgent();
  onTestFinished(() => agent.destroy());
  const outcomes: Forwarded[] = [];
  const proxy = await listen(async (message, response) => {
    const result = await forward(message, response, { destination: { host: "127.0.0.1", port }, agent, timeoutMs });
    outcomes.push(result);
    if ("started" in result && !result.started) response.writeHead(result.outcome === "timeout" ? 504 : 502).end();
  });
  return { port: proxy, outcomes };
}

const fetchText = (
  port: number,
  options: { method?: string; body?: string } = {},
): Promise<{ status: number | undefined; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, method: options.method ?? "GET" }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject);
    });
    sent.on("error", reject);
    sent.end(options.body);
  });

describe("forward", () => {
  test("streams a request's body and its answer through", async () => {
    const instance = await listen((message, response) => message.pipe(response));
    const { port, outcomes } = await proxyTo(instance);
    const body = "x".repeat(3_000_000);
    expect(await fetchText(port, { method: "POST", body })).toEqual({ status: 200, body });
    expect(outcomes).toEqual([{ outcome: "answered" }]);
  });

  test("hands on the first event of a stream before there is a second", async () => {
    let finish = (): void => {};
    const instance = await listen((_, response) => {
      response.write("first");
      finish = () => void response.end("second");
    });
    const { port } = await proxyTo(instance);
    const body = await new Promise<string>((resolve) => {
      get({ port }, (answer) => {
        let received = "";
        answer.on("data", (chunk) => {
          received += chunk;
          if (received === "first") finish();
        });
        answer.on("end", () => resolve(received));
      });
    });
    expect(body).toBe("firstsecond");
  });

  test("tells of an instance that answers too late, before its answer has begun", async () => {
    const { port, outcomes } = await proxyTo(await listen(() => {}), 50);
    expect(await fetchText(port)).toMatchObject({ status: 504 });
    expect(outcomes).toEqual([{ outcome: "timeout", started: false }]);
  });

  test("an answer that breaks off is broken off for the client too, not ended as if whole", async () => {
    const instance = await listen((message, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => message.socket.destroy());
    });
    const { port } = await proxyTo(instance);
    await expect(fetchText(port)).rejects.toThrow();
  });

  test("tells of an instance that takes no connection", async () => {
    const closed = await listen(() => {});
    const { port, outcomes } = await proxyTo(closed === 1 ? 2 : 1);
    expect(await fetchText(port)).toMatchObject({ status: 502 });
    expect(outcomes).toEqual([{ outcome: "unreachable", started: false }]);
  });

  test("asks again on a new connection when a kept one was closed under a request without a body", async () => {
    const sockets: Socket[] = [];
    let requests = 0;
    const instance = await listen((message, response) => {
      requests += 1;
      if (requests === 2) message.socket.destroy();
      else {
        sockets.push(message.socket);
        response.end(`answer ${requests}`);
      }
    });
    const { port } = await proxyTo(instance);
    expect((await fetchText(port)).body).toBe("answer 1");
    expect((await fetchText(port)).body).toBe("answer 3");
  });

  test("ends the instance's work when the client goes away", async () => {
    let onClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    let onArrived = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      onArrived = resolve;
    });
    const instance = await listen((message) => {
      message.socket.on("close", onClosed);
      onArrived();
    });
    const { port, outcomes } = await proxyTo(instance);
    const sent = get({ port });
    sent.on("error", () => {});
    await arrived;
    sent.destroy();
    await closed;
    await expect.poll(() => outcomes).toEqual([{ outcome: "client-gone" }]);
  });
});

describe("forwardUpgrade", () => {
  const handshake = "GET /ws HTTP/1.1\r\nHost: api.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  const proxyUpgrades = (port: number): Promise<number> =>
    listen(
      (_, response) => response.end(),
      (message, socket) => {
        const options = {
          destination: { host: "127.0.0.1", port },
          timeoutMs: 5000,
          signal: new AbortController().signal,
        };
        void forwardUpgrade(message, socket, Buffer.alloc(0), options);
      },
    );

  test("carries bytes both ways after the handshake", async () => {
    const instance = await listen(
      (_, response) => response.end(),
      (_, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        socket.pipe(socket);
      },
    );
    const client = connect(await proxyUpgrades(instance), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    let received = "";
    client.on("data", (chunk) => {
      received += chunk;
    });
    client.write(handshake);
    await expect.poll(() => received).toContain("101 Switching Protocols");
    client.write("hello");
    await expect.poll(() => received).toMatch(/\r\n\r\nhello$/);
  });

  test("hands on a refusal and closes", async () => {
    const instance = await listen((_, response) => response.writeHead(403).end("no"));
    const client = connect(await proxyUpgrades(instance), "127.0.0.1");
    client.write(handshake);
    const answer = await text(client);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toMatch(/no/);
  });
});
