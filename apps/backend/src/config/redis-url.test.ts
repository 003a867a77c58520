import { expect, test } from "vitest";
import { parseRedisUrl } from "./redis-url.ts";

const read = (text: string) => {
  const result = parseRedisUrl(text);
  return result.ok ? { ...result.value, password: result.value.password?.reveal() } : result.problems;
};
const base = { port: 6379, username: undefined, password: undefined, database: 0, tls: "off" };

test.for([
  ["redis://127.0.0.1", { ...base, host: "127.0.0.1" }],
  ["redis://127.0.0.1:6380/3", { ...base, host: "127.0.0.1", port: 6380, database: 3 }],
  ["redis://:p%40ss@h/", { ...base, host: "h", password: "p@ss" }],
  ["redis://[::1]:6379", { ...base, host: "::1" }],
  [
    "rediss://default:p@u.upstash.io:6379",
    { ...base, host: "u.upstash.io", username: "default", password: "p", tls: "verified" },
  ],
  ["rediss://h?ssl_cert_reqs=CERT_REQUIRED", { ...base, host: "h", tls: "verified" }],
  ["rediss://h?ssl_cert_reqs=none", { ...base, host: "h", tls: "unverified" }],
] as const)("reads %s", ([text, expected]) => {
  expect(read(text)).toEqual(expected);
});

test("names every problem at once, and no part of the login", () => {
  const problems = read("rediss://:hunter2@h/first?ssl_cert_reqs=maybe&family=6");
  expect(problems).toEqual([
    "has a path that is not a database number",
    "has an ssl_cert_reqs that is none of CERT_REQUIRED, required, CERT_OPTIONAL, optional, CERT_NONE, none",
    'has the parameter "family"; known is ssl_cert_reqs',
  ]);
});

test.for(["", "localhost:6379", "http://h", "redis://"])("refuses %j", (text) => {
  expect(read(text)).toEqual(["must be a URL such as redis://user:password@host:6379/0, or rediss://… for TLS"]);
});
