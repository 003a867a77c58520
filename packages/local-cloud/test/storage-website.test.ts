// Public links and websites: https://cloud.google.com/storage/docs/static-website
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { grantToAll, objectPath, startWithBucket, type TestStorage } from "./support/start-storage.ts";

const host = "files.localhost:8790";
const get = (storage: TestStorage, path: string, headers: Record<string, string> = {}, method = "GET") =>
  storage.raw(host, path, { headers, method });

/** The documentation's bucket of three objects, and what its table says of it. */
const startSite = async (role = "objectViewer") => {
  const storage = await startWithBucket({ website: { mainPageSuffix: "index.html", notFoundPage: "404.html" } });
  for (const name of ["index.html", "404.html", "dir/index.html"])
    await storage.upload("files", name, `<${name}>`, { headers: { "content-type": "text/html" } });
  await grantToAll(storage, role);
  return storage;
};

test.for([
  ["/", 200, "<index.html>"],
  ["/index.html?utm=1", 200, "<index.html>"],
  ["/dir/index.html", 200, "<dir/index.html>"],
  ["/dir/", 200, "<dir/index.html>"],
  ["/hello", 404, "<404.html>"],
  ["/hello/", 404, "<404.html>"],
] as const)("answers %s with %d", async ([path, status, text]) => {
  const storage = await startSite();
  expect(await get(storage, path)).toMatchObject({ status, text, headers: { "content-type": "text/html" } });
});

test("leads a folder's name to the folder", async () => {
  const storage = await startSite();
  expect(await get(storage, "/dir")).toMatchObject({ status: 301, headers: { location: "/dir/" } });
});

test("without the right to list, what is missing is forbidden", async () => {
  const storage = await startSite("legacyObjectReader");
  expect((await get(storage, "/")).status).toBe(200);
  expect(await get(storage, "/hello")).toMatchObject({ status: 403, text: expect.stringContaining("AccessDenied") });
});

test("a bucket that is not public is not a public site, and one that does not exist is none", async () => {
  const storage = await startWithBucket({ website: { mainPageSuffix: "index.html" } });
  await storage.upload("files", "index.html", "x");
  expect(await get(storage, "/")).toMatchObject({ status: 403, text: expect.stringContaining("Anonymous caller") });
  expect(await storage.raw("other.localhost", "/")).toMatchObject({
    status: 404,
    text: expect.stringContaining("NoSuchBucket"),
  });
  expect((await get(storage, "/", {}, "PUT")).status).toBe(405);
  expect((await get(storage, "/%zz")).status).toBe(400);
});

test("headers are the object's own, and say how long a public object is cached", async () => {
  const storage = await startSite();
  await storage.call("PATCH", objectPath("files", "index.html"), {
    cacheControl: "no-cache",
    contentDisposition: "inline",
    contentLanguage: "en",
    metadata: { release: "7" },
  });
  expect((await get(storage, "/")).headers).toMatchObject({
    "cache-control": "no-cache",
    "content-disposition": "inline",
    "content-language": "en",
    "x-goog-meta-release": "7",
    "content-length": "12",
  });
  expect((await get(storage, "/dir/")).headers["cache-control"]).toBe("public, max-age=3600");
});

test("answers HEAD, parts and conditions", async () => {
  const storage = await startSite();
  const whole = await get(storage, "/index.html");
  const { etag = "", "last-modified": modified = "" } = whole.headers;
  expect(await get(storage, "/index.html", {}, "HEAD")).toMatchObject({ status: 200, text: "", headers: { etag } });
  expect(await get(storage, "/index.html", { range: "bytes=1-5" })).toMatchObject({
    status: 206,
    text: "index",
    headers: { "content-range": "bytes 1-5/12", "content-length": "5" },
  });
  expect(await get(storage, "/index.html", { range: "bytes=99-" })).toMatchObject({
    status: 416,
    headers: { "content-range": "bytes */12" },
  });
  for (const headers of [
    { "if-none-match": etag },
    { "if-none-match": `"x", W/${etag}` },
    { "if-modified-since": modified },
  ])
    expect(await get(storage, "/index.html", headers)).toMatchObject({ status: 304, text: "" });
  expect((await get(storage, "/index.html", { "if-none-match": '"x"' })).status).toBe(200);
  expect((await get(storage, "/index.html", { "if-match": '"x"' })).status).toBe(412);
});

// https://cloud.google.com/storage/docs/transcoding
test("unpacks stored gzip for who cannot, and never brotli", async () => {
  const storage = await startSite();
  const upload = (name: string, body: Buffer, contentEncoding: string) =>
    storage.upload("files", name, body, { query: { contentEncoding } });
  const packed = gzipSync("hello ".repeat(50));
  await upload("gzip", packed, "gzip");
  await upload("brotli", brotliCompressSync("hello"), "br");
  const plain = await get(storage, "/gzip");
  expect(plain.text).toBe("hello ".repeat(50));
  expect(plain.headers).not.toHaveProperty("content-encoding");
  expect(plain.headers).toMatchObject({ vary: "Accept-Encoding", warning: expect.stringContaining("214") });
  const asStored = await get(storage, "/gzip", { "accept-encoding": "gzip, br" });
  expect(asStored.bytes.equals(packed)).toBe(true);
  expect(asStored.headers).toMatchObject({ "content-encoding": "gzip", "content-length": String(packed.length) });
  expect((await get(storage, "/gzip", { "accept-encoding": "gzip;q=0" })).text).toBe("hello ".repeat(50));
  expect(await get(storage, "/gzip", { range: "bytes=0-3" }), "a range of what is unpacked is ignored").toMatchObject({
    status: 200,
    text: "hello ".repeat(50),
  });
  const media = await storage.raw("127.0.0.1", `${objectPath("files", "gzip")}?alt=media`);
  expect(media.text, "the JSON API's downloads too").toBe("hello ".repeat(50));
  await storage.call("PATCH", objectPath("files", "gzip"), { cacheControl: "no-transform" });
  expect((await get(storage, "/gzip")).bytes.equals(packed)).toBe(true);
  expect((await get(storage, "/brotli")).headers["content-encoding"]).toBe("br");
});

test("what is no gzip though it says so breaks off, and the cloud goes on", async () => {
  const storage = await startSite();
  await storage.upload("files", "broken", "this is no gzip", { query: { contentEncoding: "gzip" } });
  await expect(get(storage, "/broken")).rejects.toThrow();
  expect((await get(storage, "/")).status).toBe(200);
});

test("serves public links, and lists a bucket to who may", async () => {
  const storage = await startSite();
  const link = (path: string) => storage.raw("127.0.0.1", path);
  expect((await link("/files/dir/index.html")).text).toBe("<dir/index.html>");
  expect((await storage.raw("storage.googleapis.com", "/files/index.html")).text).toBe("<index.html>");
  expect((await link("/files?delimiter=/&max-keys=2")).text).toMatch(
    /<IsTruncated>true<.*<NextMarker>dir\/<.*<Key>404.html<.*<Prefix>dir\/</,
  );
  expect((await link("/files?delimiter=/&marker=dir/")).text).toMatch(/<IsTruncated>false<.*<Key>index.html<(?!.*dir)/);
  expect((await link("/files/hello")).status).toBe(404);
  const guarded = (match: string) =>
    storage.raw("127.0.0.1", "/files/index.html", { headers: { "x-goog-if-metageneration-match": match } });
  expect([(await guarded("1")).status, (await guarded("2")).status]).toEqual([200, 412]);
  expect((await link("/files/index.html?X-Goog-Signature=x")).status).toBe(501);
  await grantToAll(storage, "legacyObjectReader");
  expect((await link("/files/index.html")).status).toBe(200);
  expect((await link("/files")).status).toBe(403);
  expect((await link("/files/hello")).status).toBe(403);
});

// https://cloud.google.com/storage/docs/cross-origin
test("answers pages of other origins as the bucket's rules say", async () => {
  const storage = await startSite();
  const origin = "http://app.example";
  const cors = [{ origin: [origin], method: ["GET"], responseHeader: ["x-release"], maxAgeSeconds: 60 }];
  await storage.call("PATCH", "/storage/v1/b/files", { cors });
  expect((await get(storage, "/", { origin })).headers).toMatchObject({
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "x-release",
  });
  expect((await get(storage, "/", { origin: "http://other.example" })).headers).not.toHaveProperty(
    "access-control-allow-origin",
  );
  const preflight = await get(storage, "/", { origin, "access-control-request-method": "GET" }, "OPTIONS");
  expect(preflight.headers).toMatchObject({ "access-control-allow-methods": "GET", "access-control-max-age": "60" });
});
