// Resumable uploads: https://cloud.google.com/storage/docs/performing-resumable-uploads
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFolder } from "./support/start-cloud.ts";
import { objectPath, startStorage, startWithBucket, type TestStorage } from "./support/start-storage.ts";

const KIB = 1024;
const CHUNK = 256 * KIB;
const media = `${objectPath("files", "x")}?alt=media`;

/** Begins an upload; returns the path that its bytes go to. */
const begin = async ({ raw }: TestStorage, query = "", headers: Record<string, string> = {}): Promise<string> => {
  const path = `/upload/storage/v1/b/files/o?uploadType=resumable&name=x${query}`;
  const { status, headers: answered } = await raw("127.0.0.1", path, { method: "POST", headers });
  expect(status).toBe(200);
  const location = new URL(answered.location ?? "");
  return location.pathname + location.search;
};

const put = ({ raw }: TestStorage, path: string, body: Buffer | string, range?: string) =>
  raw("127.0.0.1", path, { method: "PUT", body, headers: range === undefined ? {} : { "content-range": range } });

/** Sends a part of what it announces, then closes the connection; resolves when the cloud has let go of it. */
const breakOff = (storage: TestStorage, path: string, announced: number, sent: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(storage.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve()).resume();
    socket.write(`PUT ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${announced}\r\n\r\n`);
    socket.end(sent);
  });

test("goes on after a break from what has arrived in whole chunks", async () => {
  const storage = await startWithBucket();
  const content = randomBytes(3 * CHUNK + 1000);
  const path = await begin(storage, "", { "x-upload-content-type": "image/png" });
  await breakOff(storage, path, content.length, content.subarray(0, 2 * CHUNK + 5000));
  const query = await put(storage, path, "", `bytes */${content.length}`);
  // What was on its way when the connection broke may be lost.
  const arrived = Number(/^bytes=0-(\d+)$/.exec(query.headers.range ?? "")?.[1]) + 1;
  expect(query.status).toBe(308);
  expect([CHUNK, 2 * CHUNK]).toContain(arrived);
  const rest = `bytes ${arrived}-${content.length - 1}/${content.length}`;
  const done = await put(storage, path, content.subarray(arrived), rest);
  expect(done.status).toBe(200);
  expect(JSON.parse(done.text)).toMatchObject({ name: "x", contentType: "image/png", size: String(content.length) });
  expect((await storage.raw("127.0.0.1", media)).bytes.equals(content)).toBe(true);
  const again = await put(storage, path, "", `bytes */${content.length}`);
  expect(again).toMatchObject({ status: 200, text: done.text });
});

test("goes on after the cloud was started again", async () => {
  const dataDir = createFolder();
  const first = await startWithBucket({}, { dataDir });
  const content = randomBytes(2 * CHUNK);
  const path = await begin(first);
  expect((await put(first, path, content.subarray(0, CHUNK), `bytes 0-${CHUNK - 1}/*`)).status).toBe(308);
  await first.stop();
  const second = await startStorage({ dataDir });
  expect(await put(second, path, "", "bytes */*")).toMatchObject({ headers: { range: `bytes=0-${CHUNK - 1}` } });
  const range = `bytes ${CHUNK}-${content.length - 1}/${content.length}`;
  expect((await put(second, path, content.subarray(CHUNK), range)).status).toBe(200);
  expect((await second.raw("127.0.0.1", media)).bytes.equals(content)).toBe(true);
});

test("takes chunks, and again those that have arrived already", async () => {
  const storage = await startWithBucket();
  const content = randomBytes(2 * CHUNK + 10);
  const path = await begin(storage);
  const chunk = (first: number, last: number, total: number | "*") =>
    put(storage, path, content.subarray(first, last + 1), `bytes ${first}-${last}/${total}`);
  expect((await chunk(0, CHUNK - 1, "*")).headers.range).toBe(`bytes=0-${CHUNK - 1}`);
  expect((await chunk(0, 2 * CHUNK - 1, "*")).headers.range).toBe(`bytes=0-${2 * CHUNK - 1}`);
  expect((await chunk(2 * CHUNK + 5, content.length - 1, content.length)).status).toBe(400);
  expect((await chunk(2 * CHUNK, content.length - 1, content.length)).status).toBe(200);
  expect((await storage.raw("127.0.0.1", media)).bytes.equals(content)).toBe(true);
});

test("without a range it starts over, and an empty content is one too", async () => {
  const storage = await startWithBucket();
  const path = await begin(storage);
  await breakOff(storage, path, 10 * CHUNK, randomBytes(2 * CHUNK));
  expect((await put(storage, path, "short")).status).toBe(200);
  expect((await storage.raw("127.0.0.1", media)).text).toBe("short");
  const empty = await begin(storage);
  expect((await put(storage, empty, "", "bytes */0")).status).toBe(200);
  expect((await storage.raw("127.0.0.1", media)).text).toBe("");
  expect(readdirSync(join(storage.dataDir, "storage/contents"))).toEqual([]);
});

test("a broken upload is no object, and its preconditions are asked again at its end", async () => {
  const storage = await startWithBucket();
  const path = await begin(storage, "&ifGenerationMatch=0");
  await breakOff(storage, path, 5000, Buffer.alloc(100));
  expect((await storage.call("GET", objectPath("files", "x"))).status).toBe(404);
  await storage.upload("files", "x", "other");
  expect((await put(storage, path, randomBytes(100 * KIB))).status).toBe(412);
  expect((await put(storage, path, "", "bytes */*")).status).toBe(404);
  expect(readdirSync(join(storage.dataDir, "storage/contents"))).toEqual([]);
});

test("refuses other bytes than were announced", async () => {
  const storage = await startWithBucket();
  const path = await begin(storage, "", { "x-upload-content-length": "5", "x-goog-hash": "crc32c=mnG7TA==" });
  expect((await put(storage, path, "hello!", "bytes 0-5/6")).status).toBe(400);
  expect((await put(storage, path, "hellO", "bytes 0-4/5")).status).toBe(400);
  const again = await begin(storage, "", { "x-upload-content-length": "5", "x-goog-hash": "crc32c=mnG7TA==" });
  expect((await put(storage, again, "hello", "bytes 0-4/5")).status).toBe(200);
});

test("is cancelled by a delete, and unknown uploads are 404", async () => {
  const storage = await startWithBucket();
  const path = await begin(storage);
  expect((await storage.raw("127.0.0.1", path, { method: "DELETE" })).status).toBe(499);
  expect((await put(storage, path, "x")).status).toBe(404);
});

test("answers with an address on the host that the client has used", async () => {
  const { raw } = await startWithBucket();
  const path = "/resumable/upload/storage/v1/b/files/o?uploadType=resumable&name=x";
  const { headers } = await raw("storage.googleapis.com", path, { method: "POST", body: '{"metadata":{"a":"b"}}' });
  expect(headers.location).toMatch(/^http:\/\/storage\.googleapis\.com\/resumable\/upload\/.*&upload_id=/);
});

test("a client that comes back takes over from its stalled request", async () => {
  const storage = await startWithBucket();
  const path = await begin(storage);
  const content = randomBytes(100 * KIB);
  const socket = connect(storage.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const closed = new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));
  socket.write(`PUT ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${content.length}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.write(content.subarray(0, 80 * KIB), () => resolve()));
  expect((await put(storage, path, content)).status).toBe(200);
  await closed;
  expect((await storage.raw("127.0.0.1", media)).bytes.equals(content)).toBe(true);
});
