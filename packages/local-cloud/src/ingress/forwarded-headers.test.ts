import fc from "fast-check";
import { expect, test } from "vitest";
import { endToEndHeaders, requestHeaders } from "./forwarded-headers.ts";

const client = { address: "10.1.2.3", host: "api.localhost:8790" };
const valuesOf = (headers: readonly string[], name: string): readonly string[] =>
  headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);

test("drops what concerns one connection, and what Connection names", () => {
  const headers = [
    "Connection",
    "keep-alive, X-Secret-Hop",
    "X-Secret-Hop",
    "1",
    "Transfer-Encoding",
    "chunked",
    "Set-Cookie",
    "a",
    "Set-Cookie",
    "b",
  ];
  expect(endToEndHeaders(headers)).toEqual(["Set-Cookie", "a", "Set-Cookie", "b"]);
});

test("appends the client to X-Forwarded-For and Forwarded, and says which host was asked", () => {
  const sent = requestHeaders(["X-Forwarded-For", "1.1.1.1", "Host", "api.localhost:8790"], client);
  expect(valuesOf(sent, "x-forwarded-for")).toEqual(["1.1.1.1, 10.1.2.3"]);
  expect(valuesOf(sent, "x-forwarded-proto")).toEqual(["http"]);
  expect(valuesOf(sent, "forwarded")).toEqual(['for=10.1.2.3;host="api.localhost:8790";proto=http']);
  expect(valuesOf(sent, "host")).toEqual(["api.localhost:8790"]);
});

test("begins a trace, or keeps the one that the client began", () => {
  expect(valuesOf(requestHeaders([], client), "x-cloud-trace-context")[0]).toMatch(/^[0-9a-f]{32}\/\d+;o=0$/);
  expect(valuesOf(requestHeaders(["X-Cloud-Trace-Context", "abc/1"], client), "x-cloud-trace-context")).toEqual([
    "abc/1",
  ]);
});

test("keeps every other header, its order and its repetitions", () => {
  const header = fc.tuple(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), fc.string());
  fc.assert(
    fc.property(fc.array(header), (headers) => {
      const raw = headers.filter(([name]) => !/^x-(forwarded|cloud)/i.test(name)).flat();
      expect(endToEndHeaders(raw)).toEqual(raw);
    }),
  );
});
