import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { DeployError } from "../src/deploy-error.ts";
import { createTransport } from "../src/google/create-transport.ts";
import type { TransportRequest } from "../src/google/transport.ts";
import { testEnvironment } from "./support/environment.ts";
import { testRuntime } from "./support/runtime.ts";
import { breakConnection, json, scriptedServer } from "./support/scripted-server.ts";

function transportTo(endpoint: string, signal = new AbortController().signal) {
  const runtime = testRuntime();
  const transport = createTransport({ environment: testEnvironment(endpoint), signal, runtime });
  onTestFinished(() => transport.close());
  return { transport, runtime };
}
const get: TransportRequest = { api: "run", method: "GET", path: "/v2/thing", subject: 'service "api" in local' };
const post: TransportRequest = { ...get, method: "POST", json: { a: 1 } };
const refusalOf = async (work: Promise<unknown>): Promise<DeployError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DeployError)) throw new Error(`expected a DeployError, got ${String(error)}`);
  return error;
};

test("names the caller and returns the answer", async () => {
  const server = await scriptedServer(json(200, { ok: true }));
  const { transport } = transportTo(server.endpoint);
  const answer = await transport.request(get);
  expect(await answer.json()).toEqual({ ok: true });
  expect(server.seen[0]?.headers.authorization).toBe("Bearer email:developer@localhost");
});

test.each([408, 429, 500, 502, 503, 504])("asks again after HTTP %i", async (status) => {
  const server = await scriptedServer(json(status, {}), json(status, {}), json(200, { n: 3 }));
  const { transport, runtime } = transportTo(server.endpoint);
  const answer = await transport.request(get);
  expect([await answer.json(), answer.attempts, runtime.waits.length]).toEqual([{ n: 3 }, 3, 2]);
});

test("waits as long as Retry-After asks", async () => {
  const server = await scriptedServer(json(429, {}, { "retry-after": "7" }), json(200, {}));
  const { transport, runtime } = transportTo(server.endpoint);
  await transport.request(get);
  expect(runtime.waits).toEqual([7000]);
});

test("gives up at once when Retry-After lies past the deadline", async () => {
  const server = await scriptedServer(json(429, {}, { "retry-after": "600" }), json(200, {}));
  const { transport } = transportTo(server.endpoint);
  const error = await refusalOf(transport.request(get));
  expect([error.code, server.seen.length]).toEqual(["rate-limited", 1]);
});

test("asks again after a broken connection when that is safe", async () => {
  const server = await scriptedServer(breakConnection, json(200, {}));
  const { transport } = transportTo(server.endpoint);
  await transport.request(get);
  expect(server.seen).toHaveLength(2);
});

test.each([
  ["a broken connection", breakConnection],
  ["an error of the server", json(503, {})],
])("does not repeat a POST after %s: it may have been applied", async (_what, answerer) => {
  const server = await scriptedServer(answerer, json(200, {}));
  const { transport } = transportTo(server.endpoint);
  const error = await refusalOf(transport.request(post));
  expect([error.code, error.retryable, server.seen.length]).toEqual(["unavailable", true, 1]);
});

test("repeats a POST that carries a generation precondition, and one that was never looked at", async () => {
  const server = await scriptedServer(breakConnection, json(200, {}), json(429, {}), json(200, {}));
  const { transport } = transportTo(server.endpoint);
  await transport.request({ ...post, path: "/upload?ifGenerationMatch=0" });
  await transport.request(post);
  expect(server.seen.map(({ body }) => body)).toEqual(Array(4).fill('{"a":1}'));
});

test("sends a stream again from its start", async () => {
  const server = await scriptedServer(json(503, {}), json(200, {}));
  const { transport } = transportTo(server.endpoint);
  await transport.request({ ...get, method: "PUT", body: () => Readable.from([Buffer.from("ab"), Buffer.from("c")]) });
  expect(server.seen.map(({ body }) => body)).toEqual(["abc", "abc"]);
});

test("returns an expected refusal instead of throwing it", async () => {
  const server = await scriptedServer(json(404, { error: { code: 404, status: "NOT_FOUND", message: "no" } }));
  const { transport } = transportTo(server.endpoint);
  expect((await transport.request({ ...get, expect: [404] })).status).toBe(404);
  expect((await refusalOf(transport.request(get))).code).toBe("not-found");
});

test("asks once more with a fresh token after 401", async () => {
  const server = await scriptedServer(json(401, {}), json(401, {}));
  const { transport } = transportTo(server.endpoint);
  const error = await refusalOf(transport.request(get));
  expect([error.code, error.hint, server.seen.length]).toEqual([
    "credentials-missing",
    "gcloud auth application-default login",
    2,
  ]);
});

test("reads a body that broke off again", async () => {
  const server = await scriptedServer(
    (_request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write('{"half":');
      setImmediate(() => response.destroy());
    },
    json(200, { whole: true }),
  );
  const { transport } = transportTo(server.endpoint);
  const answer = await transport.request(get);
  expect(await answer.json()).toEqual({ whole: true });
});

test("an answer that never comes ends with the deadline", async () => {
  const server = await scriptedServer(() => {});
  const { transport } = transportTo(server.endpoint);
  const error = await refusalOf(transport.request({ ...get, deadlineMs: 50 }));
  expect(error.code).toBe("timeout");
});

test("an interruption ends a request that is under way", async () => {
  const controller = new AbortController();
  const server = await scriptedServer(() => controller.abort());
  const { transport } = transportTo(server.endpoint, controller.signal);
  expect((await refusalOf(transport.request(get))).code).toBe("aborted");
});

test("a server that is not there is unavailable, with the number of attempts", async () => {
  const { transport } = transportTo("http://127.0.0.1:1");
  const error = await refusalOf(transport.request(post));
  expect([error.code, error.message]).toEqual(["unavailable", "the server could not be reached (4 attempts)"]);
});

test("finds names under .localhost on the loopback", async () => {
  const server = await scriptedServer(json(200, {}));
  const { transport } = transportTo(`http://some.name.localhost:${server.port}`);
  await transport.request(get);
  expect(server.seen[0]?.headers.host).toBe(`some.name.localhost:${server.port}`);
});

test("does not take the token to another host", async () => {
  const server = await scriptedServer(json(200, {}));
  const { transport } = transportTo(server.endpoint);
  const error = await refusalOf(transport.request({ ...get, path: "http://127.0.0.1:9/session" }));
  expect([error.code, server.seen.length]).toEqual(["remote-failed", 0]);
});
