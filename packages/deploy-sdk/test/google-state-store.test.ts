import { expect, onTestFinished, test } from "vitest";
import { createTransport } from "../src/google/create-transport.ts";
import { createObjectStore } from "../src/google/object-store-create.ts";
import { createStateStore } from "../src/google/state-store.ts";
import { testEnvironment } from "./support/environment.ts";
import { testRuntime } from "./support/runtime.ts";
import { type Answerer, json, scriptedServer } from "./support/scripted-server.ts";

const call = { signal: new AbortController().signal, subject: "the lock of local" };

async function storeOn(...script: readonly [Answerer, ...Answerer[]]) {
  const server = await scriptedServer(...script);
  const transport = createTransport({
    environment: testEnvironment(server.endpoint),
    signal: call.signal,
    runtime: testRuntime(),
  });
  onTestFinished(() => transport.close());
  const bucket = "demo-local-deploy-state";
  const objects = createObjectStore(transport, bucket);
  return createStateStore({ bucket, environment: "local", objects, transport, now: () => new Date(0) });
}
const missing = json(404, { error: { code: 404, message: "The specified bucket does not exist." } });

test("tells the time by the store's clock", async () => {
  const store = await storeOn((_request, response) => {
    response.sendDate = false;
    response.writeHead(200, { date: "Sat, 21 Nov 2026 10:00:00 GMT", "x-goog-generation": "7" }).end('{"a":1}');
  });
  expect(await store.read("lock.json", call)).toEqual({
    value: { a: 1 },
    generation: "7",
    at: new Date("2026-11-21T10:00:00Z"),
  });
});

test("a document that is not there has generation 0", async () => {
  const store = await storeOn(missing);
  expect(await store.read("lock.json", call)).toMatchObject({ value: undefined, generation: "0" });
});

test("a bucket that is not there is told with what makes it", async () => {
  const store = await storeOn(missing);
  const expected = { code: "not-provisioned", hint: "pnpm provision --env local", exitCode: 2 };
  await expect(store.list("releases/api/", call)).rejects.toMatchObject(expected);
  await expect(store.write({ name: "lock.json", value: {}, ifGeneration: "0" }, call)).rejects.toMatchObject(expected);
});

test("a document that is no JSON is named", async () => {
  const store = await storeOn(
    (_request, response) => void response.writeHead(200, { "x-goog-generation": "7" }).end("{half"),
  );
  await expect(store.read("lock.json", call)).rejects.toMatchObject({
    code: "corrupt-state",
    subject: 'state object "lock.json"',
  });
});
