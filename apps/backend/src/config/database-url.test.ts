import { expect, test } from "vitest";
import { parseDatabaseUrl } from "./database-url.ts";

const read = (text: string, host?: string) => {
  const result = parseDatabaseUrl(text, host);
  if (!result.ok) return result.problems;
  const { password, ...rest } = result.value;
  return { ...rest, password: password.reveal() };
};
const base = { port: 5432, user: "appuser", password: "p", database: "appdb", tls: "off" };

test.for([
  ["postgresql://appuser:p@db.example.com/appdb", { ...base, host: "db.example.com" }],
  ["postgres://appuser:p@127.0.0.1:6543/appdb", { ...base, host: "127.0.0.1", port: 6543 }],
  ["postgresql://appuser:p@/appdb?host=/cloudsql/p:r:i", { ...base, host: "/cloudsql/p:r:i" }],
  ["postgresql://appuser:p@localhost/appdb?host=/cloudsql/p:r:i", { ...base, host: "/cloudsql/p:r:i" }],
  ["postgresql://appuser:p@%2Fcloudsql%2Fp%3Ar%3Ai/appdb", { ...base, host: "/cloudsql/p:r:i" }],
  ["postgresql://appuser:p%40s%2Fs%3A%3F@h/appdb", { ...base, host: "h", password: "p@s/s:?" }],
  ["postgresql://appuser:p@[::1]:5432/appdb", { ...base, host: "::1" }],
  ["postgresql://appuser@h/appdb", { ...base, host: "h", password: "" }],
  ["postgresql://appuser:p@h/appdb?sslmode=require", { ...base, host: "h", tls: "unverified" }],
  ["postgresql://appuser:p@h/appdb?sslmode=verify-full", { ...base, host: "h", tls: "verified" }],
  ["postgresql://appuser:p@/appdb?host=/cloudsql/p:r:i&sslmode=require", { ...base, host: "/cloudsql/p:r:i" }],
  ["postgresql://appuser:p@/appdb", { ...base, host: "localhost" }],
] as const)("reads %s", ([text, expected]) => {
  expect(read(text)).toEqual(expected);
});

test("a host given beside it wins over both of its hosts", () => {
  const host = "/cloudsql/p:r:i";
  expect(read("postgresql://appuser:p@127.0.0.1:5432/appdb", host)).toEqual({ ...base, host });
  expect(read("postgresql://appuser:p@/appdb?host=/elsewhere", host)).toEqual({ ...base, host });
});

test("names every problem at once, and no part of the login", () => {
  const problems = read("postgresql://:hunter2@h/?sslmode=maybe&schema=x&port=0");
  expect(problems).toEqual([
    "names no user",
    "names no database",
    "has a port outside 1-65535",
    "has an sslmode that is none of disable, allow, prefer, require, verify-ca, verify-full",
    'has the parameter "schema"; known are host, port, sslmode',
  ]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

test.for(["", "mysql://u:p@h/d", "u:p@h/d", "postgresql", "http://u:p@h/d"])("refuses %j", (text) => {
  expect(read(text)).toEqual(["must be a URL such as postgresql://user:password@host:5432/database"]);
});
