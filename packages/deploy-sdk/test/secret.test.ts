// Secrets in a real Secret Manager, by Google's own client; every request is held against the protos.
import { inspect } from "node:util";
import { resolveStack, type Stack } from "@slipway/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget, type GoogleTarget } from "../src/google/create-target.ts";
import { listSecrets } from "../src/secret/list-secrets.ts";
import { pinSecrets } from "../src/secret/pin-secrets.ts";
import { SecretValue } from "../src/secret/secret-value.ts";
import { accessVersion } from "../src/secret/secret-versions.ts";
import { setSecret } from "../src/secret/set-secret.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { type RecordingProxy, startRecordingProxy } from "./support/recording-proxy.ts";

const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];
let cloud: TestCloud;
let proxy: RecordingProxy;
let stack: Stack;
let target: GoogleTarget;

beforeAll(async () => {
  cloud = await startCloud((cleanup) => cleanups.unshift(cleanup));
  proxy = await startRecordingProxy(cloud);
  cleanups.unshift(() => proxy.close());
  stack = resolveStack(
    {
      name: "demo",
      region: "europe-west1",
      environments: { local: { project: "demo-local", endpoint: proxy.endpoint } },
      secrets: {
        TOKEN: {},
        KEY: { source: "generated", format: "fernet", rotation: "never" },
        DSN: { optional: true },
        OTHER: {},
      },
    },
    "local",
  );
  target = createTarget(stack, { signal, runtime: systemRuntime });
  cleanups.unshift(() => target.close());
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const set = (name: string, value: string, force = false) =>
  setSecret({ stack, target, name, value: new SecretValue(value), force, signal });
const pin = (...names: readonly string[]) => pinSecrets(names, { stack, target, signal });
const fernetKey = Buffer.alloc(32, 7).toString("base64url").concat("=");

test("makes a secret with its first value, and adds a version with every other", async () => {
  expect(await set("TOKEN", "first-confidential")).toMatchObject({ name: "TOKEN", version: "1", created: true });
  expect(await set("TOKEN", "second-confidential")).toEqual({
    name: "TOKEN",
    version: "2",
    created: false,
    next: expect.stringContaining("then the old version can be disabled"),
  });
  expect(await pin("TOKEN")).toEqual({ TOKEN: { secret: "TOKEN", version: "2" } });
  const call = { signal, subject: "test" };
  const value = await accessVersion({ project: "demo-local", target }, "TOKEN", "1", call);
  expect(value.reveal()).toBe("first-confidential");
});

test("pins the newest version that is enabled", async () => {
  const { clients } = target.google;
  const client = await clients.secretManager();
  await clients.call({ signal, subject: "disable" }, () =>
    client.disableSecretVersion({ name: "projects/demo-local/secrets/TOKEN/versions/2" }),
  );
  expect(await pin("TOKEN")).toEqual({ TOKEN: { secret: "TOKEN", version: "1" } });
});

test("leaves out an optional secret without a value, and names every other that has none", async () => {
  expect(await pin("DSN")).toEqual({});
  await expect(pin("TOKEN", "KEY", "DSN", "OTHER")).rejects.toMatchObject({
    code: "secret-missing",
    exitCode: 2,
    message: "no value: KEY, OTHER",
    hint: expect.stringContaining("pnpm secret set KEY --env local"),
  });
});

test("keeps an encryption key from getting a second value, unless it is forced", async () => {
  await expect(set("KEY", "not a key")).rejects.toMatchObject({ code: "usage" });
  expect(await set("KEY", fernetKey)).toMatchObject({ version: "1" });
  await expect(set("KEY", fernetKey)).rejects.toMatchObject({
    code: "precondition-failed",
    hint: expect.stringContaining("--force"),
  });
  expect(await set("KEY", fernetKey, true)).toMatchObject({ version: "2" });
});

test("lists names, versions and states", async () => {
  const listed = await listSecrets({ stack, target, signal });
  expect(
    listed.map(({ name, versions }) => [name, versions.map(({ version, state }) => `${version} ${state}`)]),
  ).toEqual([
    ["TOKEN", ["2 DISABLED", "1 ENABLED"]],
    ["KEY", ["2 ENABLED", "1 ENABLED"]],
    ["DSN", []],
    ["OTHER", []],
  ]);
  expect(listed[0]?.versions[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test("refuses a name that the stack does not have, and says which it has", async () => {
  await expect(set("TYPO", "confidential")).rejects.toMatchObject({
    code: "usage",
    message: "the stack has no such secret; it has: TOKEN, KEY, DSN, OTHER",
  });
});

test("shows no value in what it returns, and none in the error when the cloud refuses it", async () => {
  const consumed = await cloud.orderFault({
    match: { rpc: "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion" },
    fault: { kind: "status", status: 400, message: "the payload is not acceptable" },
  });
  const error: unknown = await set("OTHER", "third-confidential").catch((thrown: unknown) => thrown);
  expect(await consumed()).toBe(1);
  expect(error).toMatchObject({ code: "invalid-request" });
  const listed = await listSecrets({ stack, target, signal });
  const shown = inspect([error, listed], { depth: 20, showHidden: true });
  expect(shown).not.toContain("confidential");
  expect(shown).not.toContain(Buffer.from("third-confidential").toString("base64"));
});

test("sends nothing that the protos do not know", () => {
  expect(proxy.requests.length).toBeGreaterThan(10);
  expect(proxy.problems()).toEqual([]);
});

test("knows the secret that it has made where the answer to that is lost", async () => {
  const match = { rpc: "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret" };
  const consumed = await cloud.orderFault({ match, fault: { kind: "reset-after" } });
  expect(await set("DSN", "value")).toMatchObject({ version: "1", created: true });
  expect(await consumed()).toBe(1);
});
