// What answers for Cloud Storage without being it: a proxy, a sign-in page, a server of something else. Nothing it says
// is taken for an empty bucket, for a write that was done, or for a place to send the token to.
import { expect, onTestFinished, test } from "vitest";
import { createTransport } from "../src/google/create-transport.ts";
import type { ObjectStore } from "../src/google/object-store.ts";
import { createObjectStore } from "../src/google/object-store-create.ts";
import { createStateStore } from "../src/google/state-store.ts";
import { testEnvironment } from "./support/environment.ts";
import { testRuntime } from "./support/runtime.ts";
import { type Answerer, json, scriptedServer } from "./support/scripted-server.ts";

const { signal } = new AbortController();

async function answeredBy(...script: readonly [Answerer, ...Answerer[]]) {
  const server = await scriptedServer(...script);
  const runtime = testRuntime();
  const transport = createTransport({ environment: testEnvironment(server.endpoint), signal, runtime });
  onTestFinished(() => transport.close());
  const store = createObjectStore(transport, "b");
  const state = createStateStore({
    bucket: "b",
    environment: "local",
    objects: store,
    transport,
    now: () => runtime.now(),
  });
  return { store, state, seen: server.seen };
}

const html: Answerer = (_request, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<html>please sign in</html>");
};
const object = { name: "a", generation: "1", metageneration: "1", size: "1", crc32c: "AAAAAA==" };

test.each<readonly [what: string, answer: Answerer]>([
  ["a page", html],
  ["another JSON", json(200, { status: "ok" })],
  ["a list", json(200, [])],
  ["nothing", json(200, null)],
  ["items that are a number", json(200, { items: 5 })],
  ["items that are no objects", json(200, { items: [null] })],
  ["a name that is a number", json(200, { items: [{ ...object, name: 5 }] })],
  ["an object without a generation", json(200, { items: [{ ...object, generation: undefined }] })],
  ["a size that is no number", json(200, { items: [{ ...object, size: "NaN" }] })],
  ["objects outside of what was asked for", json(200, { items: [object] })],
  ["a page token that never changes", json(200, { kind: "storage#objects", nextPageToken: "again" })],
  ["a redirect", (_request, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/x" }).end("{}")],
])("a listing that is %s is refused", async (_what, answer) => {
  const { store, seen } = await answeredBy(answer);
  await expect(store.list({ prefix: "docs/" })).rejects.toMatchObject({ code: "remote-failed", exitCode: 3 });
  expect(seen.length).toBeLessThan(3);
});

test("a listing without an end is given up", async () => {
  let page = 0;
  const { store } = await answeredBy((request, response) => {
    page += 1;
    return json(200, { kind: "storage#objects", nextPageToken: String(page) })(request, response, undefined as never);
  });
  await expect(store.list()).rejects.toMatchObject({ code: "remote-failed" });
});

const headers = { contentType: "text/plain" };
test.each<readonly [what: string, write: (store: ObjectStore) => Promise<unknown>]>([
  ["an upload", (store) => store.put({ name: "a", content: Buffer.from("a"), headers, ifGenerationMatch: "0" })],
  ["a patch", (store) => store.patch({ name: "a", headers, generation: "1", ifMetagenerationMatch: "1" })],
  [
    "a copy",
    (store) => store.copy({ from: { bucket: "b", name: "a" }, name: "c", headers, crc32c: "", ifGenerationMatch: "0" }),
  ],
])("%s that is answered by something else is not taken for done", async (_what, write) => {
  for (const answer of [html, json(200, {}), json(302, {})])
    await expect(write((await answeredBy(answer)).store)).rejects.toMatchObject({ code: "remote-failed" });
});

test("a delete that is redirected is not taken for done", async () => {
  const { store } = await answeredBy(json(302, {}));
  await expect(store.delete({ name: "a", ifGenerationMatch: "1" })).rejects.toMatchObject({ code: "remote-failed" });
});

test("a state document without a generation is not Cloud Storage's", async () => {
  const { state } = await answeredBy(json(200, {}));
  await expect(state.read("lock.json", { signal, subject: "the lock" })).rejects.toMatchObject({
    code: "remote-failed",
    subject: "the lock",
  });
});
