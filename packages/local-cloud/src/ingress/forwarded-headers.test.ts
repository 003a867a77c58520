import { expect, test } from "vitest";
import { requestHeaders } from "./forwarded-headers.ts";
import { isReservedPath, splitTarget } from "./request-host.ts";

const forwarding = { connection: undefined, clientIp: "10.1.2.3", host: "api.localhost:8790" };
const valuesOf = (headers: readonly string[], name: string): readonly string[] =>
  headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);

test("drops what concerns one connection, and what Connection names", () => {
  const raw = [
    "Connection",
    "keep-alive, X-Hop",
    "X-Hop",
    "1",
    "Transfer-Encoding",
    "chunked",
    "Cookie",
    "a",
    "cookie",
    "b",
  ];
  const sent = requestHeaders(raw, { ...forwarding, connection: "keep-alive, X-Hop" });
  expect(sent.slice(0, 4)).toEqual(["Cookie", "a", "cookie", "b"]);
  expect(sent.join().toLowerCase()).not.toMatch(/x-hop|transfer|keep-alive/);
});

test("appends the client to X-Forwarded-For, and says which host was asked and how", () => {
  const sent = requestHeaders(
    ["X-Forwarded-For", "1.1.1.1", "Host", "api.localhost:8790", "Forwarded", "for=forged"],
    forwarding,
  );
  expect(valuesOf(sent, "x-forwarded-for")).toEqual(["1.1.1.1,10.1.2.3"]);
  expect(valuesOf(sent, "x-forwarded-host")).toEqual(["api.localhost:8790"]);
  expect(valuesOf(sent, "forwarded")).toEqual(['for="10.1.2.3";proto=http']);
  expect(valuesOf(sent, "host")).toEqual(["api.localhost:8790"]);
  expect(valuesOf(requestHeaders([], { ...forwarding, clientIp: "::1" }), "forwarded")).toEqual([
    'for="[::1]";proto=http',
  ]);
});

test("begins a trace, another for every request, or keeps the client's", () => {
  const trace = (raw: readonly string[]): readonly string[] =>
    valuesOf(requestHeaders(raw, forwarding), "x-cloud-trace-context");
  expect(trace([])[0]).toMatch(/^[0-9a-f]{32}\/\d+;o=0$/);
  expect(trace([])).not.toEqual(trace([]));
  expect(trace(["X-Cloud-Trace-Context", "abc/1"])).toEqual(["abc/1"]);
});

test("finds host and path in either form of the request line", () => {
  expect(splitTarget({ url: "/a?b", headers: { host: "API.localhost:80" } })).toEqual({
    host: "api.localhost",
    path: "/a?b",
  });
  expect(splitTarget({ url: "http://Api.localhost:80/a?b", headers: { host: "proxy" } })).toEqual({
    host: "api.localhost",
    path: "/a?b",
  });
  expect(splitTarget({ url: "nonsense", headers: {} })).toEqual({ host: "", path: "/" });
  expect(["/healthz", "/healthz?x", "/_ah/start", "/eventlog"].every(isReservedPath)).toBe(true);
  expect(["/api/health", "/healthzy", "/a/healthz", "/eventlogs"].some(isReservedPath)).toBe(false);
});
