// Semantics of objects, each as Google's reference page says.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { objectPath, startWithBucket } from "./support/start-storage.ts";

const x = objectPath("files", "x");
const failed = { status: 412, json: { error: { errors: [{ reason: "conditionNotMet" }] } } };

// https://cloud.google.com/storage/docs/request-preconditions
test("a precondition that does not hold is 412 for a write, and 304 or 412 for a read", async () => {
  const { call, upload } = await startWithBucket();
  const first = await upload("files", "x", "1", { query: { ifGenerationMatch: "0" } });
  expect(first.status).toBe(200);
  const generation = first.json.generation ?? "";
  expect(await upload("files", "x", "2", { query: { ifGenerationMatch: "0" } })).toMatchObject(failed);
  expect(await upload("files", "x", "2", { query: { ifGenerationNotMatch: generation } })).toMatchObject(failed);
  expect(await upload("files", "y", "2", { query: { ifMetagenerationMatch: "1" } })).toMatchObject(failed);
  expect(await call("PATCH", `${x}?ifMetagenerationMatch=2`, {})).toMatchObject(failed);
  expect(await call("DELETE", `${x}?ifGenerationMatch=1`)).toMatchObject(failed);
  expect(await call("GET", `${x}?ifGenerationMatch=1`)).toMatchObject(failed);
  expect((await call("GET", `${x}?ifGenerationNotMatch=${generation}`)).status).toBe(304);
  expect((await call("GET", `${x}?alt=media&ifMetagenerationNotMatch=1`)).status).toBe(304);
  expect((await call("GET", `${x}?ifGenerationMatch=${generation}&ifMetagenerationMatch=1`)).status).toBe(200);
});

// https://cloud.google.com/storage/docs/request-preconditions: buckets have metagenerations too
test("a bucket's metageneration guards its changes", async () => {
  const { call } = await startWithBucket();
  const bucket = "/storage/v1/b/files";
  expect((await call("GET", `${bucket}?ifMetagenerationNotMatch=1`)).status).toBe(304);
  expect((await call("PATCH", `${bucket}?ifMetagenerationMatch=1`, { labels: { a: "b" } })).status).toBe(200);
  expect(await call("PATCH", `${bucket}?ifMetagenerationMatch=1`, { labels: { a: "c" } })).toMatchObject(failed);
  expect(await call("DELETE", `${bucket}?ifMetagenerationMatch=1`)).toMatchObject(failed);
  expect((await call("GET", `${bucket}?ifMetagenerationMatch=2`)).json).toMatchObject({ metageneration: "2" });
});

// https://cloud.google.com/storage/docs/consistency
test("one of many writers that ask for the same generation wins", async () => {
  const { upload } = await startWithBucket();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      upload("files", "lock", String(index), { query: { ifGenerationMatch: "0" } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
});

// https://cloud.google.com/storage/docs/data-validation
test("checksums are those of the bytes, and others than announced are refused", async () => {
  const { call, upload } = await startWithBucket();
  const md5 = createHash("md5").update("hello").digest("base64");
  const { json } = await upload("files", "x", "hello", { headers: { "x-goog-hash": `crc32c=mnG7TA==,md5=${md5}` } });
  expect(json).toMatchObject({ crc32c: "mnG7TA==", md5Hash: md5, size: "5" });
  const refused = await upload("files", "y", "hellO", { headers: { "x-goog-hash": "crc32c=mnG7TA==" } });
  expect(refused).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining("CRC32C") } } });
  expect((await upload("files", "y", "hellO", { headers: { "content-md5": md5 } })).status).toBe(400);
  expect((await call("GET", objectPath("files", "y"))).status).toBe(404);
});

// https://cloud.google.com/storage/docs/json_api/v1/objects/list
test("lists objects and prefixes together, a page at a time", async () => {
  const { call, upload } = await startWithBucket();
  for (const name of ["a/1", "a/2", "b", "c/", "c/1", "d"]) await upload("files", name, name);
  const pages: (readonly (string | undefined)[])[] = [];
  let token: string | undefined;
  do {
    const next = token === undefined ? "" : `&pageToken=${token}`;
    const { json } = await call("GET", `/storage/v1/b/files/o?delimiter=/&maxResults=2${next}`);
    pages.push([...(json.prefixes ?? []), ...(json.items ?? []).map(({ name }) => name)]);
    token = json.nextPageToken;
  } while (token !== undefined);
  expect(pages).toEqual([
    ["a/", "b"],
    ["c/", "d"],
  ]);
  const trailing = await call("GET", "/storage/v1/b/files/o?delimiter=/&includeTrailingDelimiter=true&prefix=c");
  expect(trailing.json).toMatchObject({ prefixes: ["c/"], items: [{ name: "c/" }] });
  expect((await call("GET", "/storage/v1/b/files/o?startOffset=b&endOffset=c/1")).json.items).toHaveLength(2);
  expect((await call("GET", "/storage/v1/b/files/o?pageToken=none")).status).toBe(400);
});

// https://cloud.google.com/storage/docs/json_api#partial-response
test("returns the fields that are asked for", async () => {
  const { call, upload } = await startWithBucket();
  await upload("files", "dir/x", "1");
  await call("PATCH", objectPath("files", "dir/x"), { metadata: { a: "1", b: "2" } });
  const list = "/storage/v1/b/files/o?fields=";
  expect((await call("GET", `${list}items(name,metadata/a)`)).json).toEqual({
    items: [{ name: "dir/x", metadata: { a: "1" } }],
  });
  expect((await call("GET", `${list}prefixes,nextPageToken&delimiter=/`)).json).toEqual({ prefixes: ["dir/"] });
  expect((await call("GET", `${objectPath("files", "dir/x")}?fields=size,name`)).json).toEqual({
    name: "dir/x",
    size: "1",
  });
  expect(await call("GET", `${list}items(name`)).toMatchObject({ status: 400 });
});

// https://cloud.google.com/storage/docs/objects#naming
test("refuses names that objects and buckets cannot have", async () => {
  const { call, upload } = await startWithBucket();
  for (const name of ["", ".", "..", "a\nb", "x".repeat(1025), ".well-known/acme-challenge/x"])
    expect((await upload("files", name, "")).status, name).toBe(400);
  for (const name of ["ab", "A-bucket", "-ab", "a..b", "1.2.3.4", "goog-x", "x".repeat(64), "a/b"])
    expect((await call("POST", "/storage/v1/b?project=p", { name })).status, name).toBe(400);
});

test("keeps names apart that differ in a byte only, and never leaves its folder", async () => {
  const { call, upload } = await startWithBucket();
  const names = ["../../etc/passwd", "a/../b", "%2e%2e/x", "a b", "a+b", "\u00e9", "e\u0301", "/", "//", "\0"];
  for (const name of names) expect((await upload("files", name, name)).status, name).toBe(200);
  const { json } = await call("GET", "/storage/v1/b/files/o");
  const byBytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(json.items?.map(({ name }) => name)).toEqual(byBytes);
});

test("gives every header back as it was set, and refuses what is none", async () => {
  const { call, upload, raw } = await startWithBucket();
  await upload("files", "x", "1");
  const contentDisposition = 'attachment; filename="\u00fc\u{1f600}.txt"';
  const metadata = { release: "\u00fc", "not a header": "y" };
  expect((await call("PATCH", x, { contentDisposition, metadata })).status).toBe(200);
  const { status, headers } = await raw("127.0.0.1", `${x}?alt=media`);
  expect(status).toBe(200);
  expect(Buffer.from(headers["content-disposition"] ?? "", "latin1").toString()).toBe(contentDisposition);
  expect((await call("GET", x)).json).toMatchObject({ metadata });
  for (const bad of [
    { cacheControl: "a\r\nb: c" },
    { contentType: "\u0001" },
    { metadata: { a: "\n" } },
    { metadata: [] },
  ])
    expect((await call("PATCH", x, bad)).status, JSON.stringify(bad)).toBe(400);
  expect((await upload("files", "y", "1", { query: { contentEncoding: "a\r\nb" } })).status).toBe(400);
  const resumable = "/upload/storage/v1/b/files/o?uploadType=resumable";
  expect((await call("POST", resumable, { name: "\ud800" })).status).toBe(400);
});

// https://cloud.google.com/storage/docs/object-versioning
test("a versioned bucket keeps what is overwritten or deleted, until a delete names the generation", async () => {
  const { call, upload } = await startWithBucket({ versioning: { enabled: true } });
  const first = (await upload("files", "x", "1")).json.generation;
  await upload("files", "x", "2");
  await call("DELETE", x);
  expect((await call("GET", x)).status).toBe(404);
  const versions = async () =>
    (await call("GET", "/storage/v1/b/files/o?versions=true")).json.items?.map(({ generation }) => generation);
  expect(await versions()).toHaveLength(2);
  expect((await call("GET", `${x}?generation=${first}`)).json).toMatchObject({ timeDeleted: expect.any(String) });
  expect((await call("DELETE", "/storage/v1/b/files")).status).toBe(409);
  await call("DELETE", `${x}?generation=${first}`);
  expect(await versions()).toHaveLength(1);
});

// https://cloud.google.com/storage/docs/soft-delete
test("soft-deleted objects are listed apart, restored, and gone after their time", async () => {
  let now = new Date("2026-01-01T00:00:00Z");
  const { call, upload } = await startWithBucket({}, { now: () => now });
  const generation = (await upload("files", "x", "1")).json.generation;
  await call("DELETE", x);
  const soft = await call("GET", "/storage/v1/b/files/o?softDeleted=true");
  expect(soft.json.items).toMatchObject([{ generation, hardDeleteTime: "2026-01-08T00:00:00.000Z" }]);
  expect((await call("GET", `${x}?generation=${generation}`)).status).toBe(404);
  expect((await call("GET", `${x}?generation=${generation}&softDeleted=true`)).status).toBe(200);
  const restored = await call("POST", `${x}/restore?generation=${generation}`);
  expect(Number(restored.json.generation)).toBeGreaterThan(Number(generation));
  now = new Date("2026-01-02T00:00:00Z");
  expect((await call("DELETE", "/storage/v1/b/files")).status).toBe(409);
  await call("DELETE", x);
  expect((await call("DELETE", "/storage/v1/b/files")).status).toBe(204);
});

test("without soft delete and versions, what is deleted is gone", async () => {
  const { call, upload } = await startWithBucket({ softDeletePolicy: { retentionDurationSeconds: "0" } });
  await upload("files", "x", "1");
  await call("DELETE", x);
  for (const kind of ["softDeleted", "versions"])
    expect((await call("GET", `/storage/v1/b/files/o?${kind}=true`)).json.items).toBeUndefined();
});

// https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
test("a rewrite in several calls goes on by its token, and only there", async () => {
  const { call, upload, raw } = await startWithBucket();
  await upload("files", "x", Buffer.alloc(3 * 1024 * 1024, "x"), { headers: { "content-type": "a/b" } });
  const to = (name: string) => `${x}/rewriteTo/b/files/o/${name}?maxBytesRewrittenPerCall=${1024 * 1024}`;
  const first = await call("POST", to("y"), {});
  expect(first.json).toMatchObject({ done: false, totalBytesRewritten: "1048576", objectSize: "3145728" });
  expect((await call("POST", `${to("z")}&rewriteToken=${first.json.rewriteToken}`, {})).status).toBe(400);
  const second = await call("POST", `${to("y")}&rewriteToken=${first.json.rewriteToken}`, {});
  const third = await call("POST", `${to("y")}&rewriteToken=${second.json.rewriteToken}`, {});
  expect(third.json).toMatchObject({ done: true, resource: { name: "y", size: "3145728", contentType: "a/b" } });
  await call("DELETE", x);
  expect((await raw("127.0.0.1", `${objectPath("files", "y")}?alt=media`)).bytes).toHaveLength(3 * 1024 * 1024);
});

// https://cloud.google.com/storage/docs/json_api/v1/objects/compose
test("composes up to 32 objects under their own preconditions", async () => {
  const { call, upload } = await startWithBucket();
  const { generation } = (await upload("files", "a", "1")).json;
  await upload("files", "b", "2");
  const compose = (sourceObjects: object[]) =>
    call("POST", `${objectPath("files", "ab")}/compose`, { destination: { contentType: "t/t" }, sourceObjects });
  const wrong = { name: "a", objectPreconditions: { ifGenerationMatch: "1" } };
  expect(await compose([wrong, { name: "b" }])).toMatchObject(failed);
  const composed = await compose([{ name: "a", generation }, { name: "b" }, { name: "b" }]);
  expect(composed.json).toMatchObject({ size: "3", componentCount: 3, contentType: "t/t" });
  expect(composed.json.md5Hash).toBeUndefined();
  expect((await compose(Array(33).fill({ name: "a" }))).status).toBe(400);
  expect((await compose([{ name: "missing" }])).status).toBe(404);
});

// https://cloud.google.com/storage/docs/json_api/v1/objects/patch
test("a patch merges, an update replaces, and both are a metageneration on", async () => {
  const { call, upload } = await startWithBucket();
  const { generation } = (await upload("files", "x", "1")).json;
  await call("PATCH", x, {
    cacheControl: "no-cache",
    metadata: { a: "1", b: "2" },
    customTime: "2026-01-01T00:00:00Z",
  });
  const patched = await call("PATCH", x, { contentType: "t/t", metadata: { a: null } });
  expect(patched.json).toMatchObject({ generation, metageneration: "3", cacheControl: "no-cache", contentType: "t/t" });
  expect(patched.json).toMatchObject({ metadata: { b: "2" }, customTime: "2026-01-01T00:00:00.000Z" });
  expect((await call("PATCH", x, { customTime: null })).status).toBe(400);
  const updated = await call("PUT", x, { contentType: "u/u", customTime: "2026-01-02T00:00:00Z" });
  expect(updated.json).toMatchObject({ metageneration: "4", contentType: "u/u" });
  expect(updated.json).not.toHaveProperty("metadata");
});

test("refuses by name what it does not do, and what nobody knows", async () => {
  const { call, lines } = await startWithBucket();
  const refused = async (json: object) =>
    (await call("POST", "/storage/v1/b?project=p", { name: "other", ...json })).status;
  expect(await refused({ retentionPolicy: { retentionPeriod: "10" } })).toBe(501);
  expect(await refused({ encryption: { defaultKmsKeyName: "k" } })).toBe(501);
  expect(await refused({ hierarchicalNamespace: { enabled: true } })).toBe(501);
  expect(await refused({ webSite: {} })).toBe(400);
  expect(await call("POST", `${x}/acl`, {})).toMatchObject({
    status: 501,
    json: { error: { errors: [{ reason: "notImplemented" }] } },
  });
  expect(await call("POST", "/storage/v1/b/files/lockRetentionPolicy")).toMatchObject({ status: 501 });
  expect(lines).toContain("501 storage.buckets.lockRetentionPolicy POST /storage/v1/b/files/lockRetentionPolicy");
  expect((await call("GET", "/storage/v1/b/files/nonsense")).status).toBe(501);
});

// https://cloud.google.com/storage/quotas#objects: "Maximum rate of writes to the same object name: One write per second"
test("writes to one name too fast are 429 once that is switched on", async () => {
  let now = new Date("2026-01-01T00:00:00Z");
  const { call, upload } = await startWithBucket({}, { now: () => now });
  await call("PUT", "/_local/storage/write-limit", { perSecond: 1, burst: 2 });
  const write = async (name: string) => (await upload("files", name, "x")).status;
  expect([await write("x"), await write("x"), await write("x"), await write("y")]).toEqual([200, 200, 429, 200]);
  now = new Date("2026-01-01T00:00:01Z");
  expect([await write("x"), await write("x")]).toEqual([200, 429]);
  expect((await call("GET", x)).status).toBe(200);
  await call("PUT", "/_local/storage/write-limit", {});
  expect(await write("x")).toBe(200);
});

test("what is held in memory of a request is bounded", async () => {
  const { raw } = await startWithBucket();
  const post = (path: string, type: string, body: string) =>
    raw("127.0.0.1", path, { method: "POST", headers: { "content-type": `${type}; boundary=b` }, body });
  const part = `--b\r\nContent-Type: application/json\r\n\r\n{"name":"x","metadata":{"a":"${"x".repeat(2 << 20)}"}}\r\n--b\r\n\r\ny\r\n--b--`;
  const upload = await post("/upload/storage/v1/b/files/o?uploadType=multipart", "multipart/related", part);
  expect(upload.status).toBe(413);
  const call = `--b\r\nContent-Type: application/http\r\n\r\nPATCH ${x} HTTP/1.1\r\n\r\n${"x".repeat(2 << 20)}\r\n--b--`;
  const batch = await post("/batch/storage/v1", "multipart/mixed", call);
  expect([batch.status, batch.text.includes(" 200 ")]).toEqual([413, false]);
});

// https://cloud.google.com/storage/docs/batch
test("answers each call of a batch, and counts it", async () => {
  const { raw, upload, counters } = await startWithBucket();
  await upload("files", "x", "1");
  const call = (id: number, line: string, json = "") =>
    `--b\r\nContent-Type: application/http\r\nContent-ID: <${id}>\r\n\r\n${line}\r\nContent-Type: application/json\r\n\r\n${json}\r\n`;
  const body = [
    call(1, `PATCH ${x} HTTP/1.1`, '{"cacheControl":"no-cache"}'),
    call(2, "DELETE /storage/v1/b/files/o/missing"),
    call(3, `GET ${x}?alt=media`),
    "--b--",
  ].join("");
  const before = (await counters()).writes.total;
  const answer = await raw("127.0.0.1", "/batch/storage/v1", {
    method: "POST",
    headers: { "content-type": "multipart/mixed; boundary=b" },
    body,
  });
  expect(answer.headers["content-type"]).toMatch(/^multipart\/mixed; boundary=/);
  expect(
    [...answer.text.matchAll(/Content-ID: <response-(\d)>\r\n\r\nHTTP\/1.1 (\d+)/g)].map((m) => [m[1], m[2]]),
  ).toEqual([
    ["1", "200"],
    ["2", "404"],
    ["3", "400"],
  ]);
  expect((await counters()).writes.total).toBe(before + 1);
});
