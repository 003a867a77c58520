import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretValue } from "../secret/secret-value.ts";
import { databaseUrl, passwordOf } from "./cloud-sql.ts";
import { isPrivateAddress } from "./memorystore.ts";

const database = {
  instance: "demo-db",
  version: "POSTGRES_15",
  cpu: 1,
  memoryMb: 3840,
  name: "app",
  user: "app",
  connectionName: "demo:europe-west1:demo-db",
};
const call = { signal: new AbortController().signal, subject: "database user app" };

test("writes the address as libpq reads a socket", () => {
  const url = databaseUrl(database, new SecretValue("p@ss/word"));
  expect(url.reveal()).toBe("postgresql://app:p%40ss%2Fword@/app?host=/cloudsql/demo:europe-west1:demo-db");
  expect(inspect(url)).not.toContain("word");
});

test("finds the password again in its own address and in a hand-written one", () => {
  const ours = databaseUrl(database, new SecretValue("p@ss/word"));
  expect(passwordOf(ours, database, call).reveal()).toBe("p@ss/word");
  const theirs = new SecretValue("postgres://app:secret@127.0.0.1:5432/app");
  expect(passwordOf(theirs, database, call).reveal()).toBe("secret");
});

test.each([
  "postgres://other:secret@/app",
  "not an address with secret",
  "postgres://app@/app",
  "postgres://app:%zz@/app",
])("refuses %j without repeating it", (text) => {
  try {
    passwordOf(new SecretValue(text), database, call);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: "precondition-failed" });
    expect(inspect(error)).not.toContain("secret@");
  }
});

test("knows which addresses are private", () => {
  expect(["10.0.0.1", "172.16.0.1", "172.31.9.9", "192.168.1.1", "100.64.0.1"].every(isPrivateAddress)).toBe(true);
  expect(["127.0.0.1", "172.32.0.1", "8.8.8.8", "redis.example.com", ""].some(isPrivateAddress)).toBe(false);
});
