import { describe, expect, onTestFinished, test } from "vitest";
import { createHealthClient, type HealthClientOptions, probeHealth, runGate } from "../src/index.ts";
import { findClosedPort, startHttpServer, startTcpServer } from "./servers.ts";

const startClient = (options: HealthClientOptions = {}) => {
  const client = createHealthClient(options);
  onTestFinished(() => client.close());
  return client;
};

describe("a report", () => {
  test("holds what the service says, with timing and its clock", async () => {
    const asked: unknown[] = [];
    const { port } = await startHttpServer((request, response) => {
      asked.push(request.headers.accept, request.headers["accept-language"], request.headers.authorization);
      response.setHeader("content-type", "application/health+json").setHeader("x-revision", "api-7");
      response.end(JSON.stringify({ status: "pass", checks: { db: [{ status: "pass", latency_ms: 3 }] } }));
    });
    const client = startClient({ headers: { authorization: "Bearer t" } });
    const result = await client.probe(`http://127.0.0.1:${port}/api/health`);
    expect(result).toMatchObject({
      kind: "report",
      report: { status: "pass", revision: "api-7", checks: [{ name: "db", latencyMs: 3 }], timing: { reused: false } },
    });
    expect(asked).toEqual(["application/health+json, application/json;q=0.9", "en", "Bearer t"]);
    if (result.kind !== "report") return;
    const { totalMs, connectMs = -1, ttfbMs = -1 } = result.report.timing;
    expect(connectMs).toBeGreaterThan(0);
    expect(ttfbMs).toBeGreaterThan(0);
    expect(totalMs).toBeGreaterThanOrEqual(connectMs + ttfbMs);
    expect(Math.abs(result.report.skewMs ?? Number.NaN)).toBeLessThan(1_000);
  });

  test("keeps the body of a 503 and its Retry-After", async () => {
    const { port } = await startHttpServer((_request, response) => {
      response.writeHead(503, { "retry-after": "7" });
      response.end(JSON.stringify({ status: "fail", checks: { db: [{ status: "fail", output: "refused" }] } }));
    });
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({
      report: { status: "fail", httpStatus: 503, retryAfterMs: 7_000, checks: [{ message: "refused" }] },
    });
  });

  test("says whether the connection was warm, and keeps to one", async () => {
    const sockets = new Set<unknown>();
    const { port } = await startHttpServer((request, response) => {
      sockets.add(request.socket);
      response.end("ok");
    });
    const client = startClient();
    const results = [];
    for (let count = 0; count < 3; count++) results.push(await client.probe(`http://127.0.0.1:${port}/`));
    expect(results.map((result) => result.kind === "report" && result.report.timing.reused)).toEqual([
      false,
      true,
      true,
    ]);
    expect(sockets.size).toBe(1);
  });

  test("comes from names under localhost, which are loopback without a resolver", async () => {
    const hosts: unknown[] = [];
    const { port } = await startHttpServer((request, response) => {
      hosts.push(request.headers.host);
      response.end("ok");
    });
    const host = `api-123.asia-southeast1.run.localhost:${port}`;
    expect(await probeHealth(`http://${host}/`)).toMatchObject({ report: { status: "pass" } });
    expect(hosts).toEqual([host]);
  });

  test("does not follow redirects", async () => {
    const { port } = await startHttpServer((_request, response) => {
      response.writeHead(302, { location: "/login" }).end();
    });
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({
      report: { httpStatus: 302, status: "unknown" },
    });
  });
});

describe("an error", () => {
  test("refused: nothing listens", async () => {
    const port = await findClosedPort();
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({
      kind: "error",
      error: "refused",
      code: "ECONNREFUSED",
    });
  });

  test("dns: no such name", async () => {
    expect(await probeHealth("http://nowhere.invalid/")).toMatchObject({ kind: "error", error: "dns" });
  });

  test("tls: the other side does not speak it", async () => {
    const { port } = await startHttpServer((_request, response) => response.end("ok"));
    expect(await probeHealth(`https://127.0.0.1:${port}/`)).toMatchObject({ kind: "error", error: "tls" });
  });

  test("reset: the connection breaks before the answer", async () => {
    const { port } = await startTcpServer((socket) => socket.on("data", () => socket.resetAndDestroy()));
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: "error", error: "reset" });
  });

  test("reset: the connection breaks within the body", async () => {
    const { port } = await startTcpServer((socket) =>
      socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")),
    );
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: "error", error: "reset" });
  });

  test("invalid: the answer is not HTTP", async () => {
    const { port } = await startTcpServer((socket) => socket.on("data", () => socket.end("SSH-2.0-OpenSSH\r\n\r\n")));
    expect(await probeHealth(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: "error", error: "invalid" });
  });

  test("too-large: the body passes its bound", async () => {
    const { port } = await startHttpServer((_request, response) => response.end(" ".repeat(2_000)));
    expect(await probeHealth(`http://127.0.0.1:${port}/`, { maxBytes: 1_999 })).toMatchObject({ error: "too-large" });
    expect(await probeHealth(`http://127.0.0.1:${port}/`, { maxBytes: 2_000 })).toMatchObject({ kind: "report" });
  });

  test.each([
    ["the headers never come", () => undefined],
    ["the body stalls", (response: { write: (text: string) => unknown }) => response.write("{")],
  ])("timeout: %s", async (_name, answer) => {
    const { port } = await startHttpServer((_request, response) => {
      answer(response);
    });
    expect(await probeHealth(`http://127.0.0.1:${port}/`, { timeoutMs: 50 })).toMatchObject({
      kind: "error",
      error: "timeout",
    });
  });

  test("aborted: by the caller, before and during", async () => {
    const controller = new AbortController();
    const { port } = await startHttpServer(() => controller.abort());
    const url = `http://127.0.0.1:${port}/`;
    expect(await probeHealth(url, { signal: controller.signal })).toMatchObject({ kind: "error", error: "aborted" });
    expect(await probeHealth(url, { signal: AbortSignal.abort() })).toMatchObject({ kind: "error", error: "aborted" });
  });

  test("is not one when the server closed the idle connection that was used", async () => {
    const { port } = await startTcpServer((socket, index) => {
      let requests = 0;
      socket.on("data", () => {
        if (index === 0 && ++requests === 2) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
    });
    const client = startClient();
    const url = `http://127.0.0.1:${port}/`;
    await client.probe(url);
    expect(await client.probe(url)).toMatchObject({ kind: "report", report: { timing: { reused: false } } });
  });
});

test.each(["ftp://host/", "not a URL", "file:///etc/passwd"])("refuses %s", async (url) => {
  await expect(probeHealth(url)).rejects.toMatchObject({ code: "invalid-url" });
});

test("refuses options that cannot work", () => {
  expect(() => createHealthClient({ timeoutMs: 0 })).toThrowError(expect.objectContaining({ code: "invalid-options" }));
});

test("a gate over a real service passes once the new revision has taken over", async () => {
  let requests = 0;
  const { port } = await startHttpServer((_request, response) => {
    response.setHeader("x-revision", ++requests < 3 ? "api-1" : "api-2").end("ok");
  });
  const client = startClient();
  const result = await runGate({
    probe: (signal) => client.probe(`http://127.0.0.1:${port}/`, signal),
    expectedRevision: "api-2",
    passes: 2,
    timeoutMs: 10_000,
    intervalMs: 1,
  });
  expect(result).toMatchObject({ outcome: "passed", probes: 4 });
});
