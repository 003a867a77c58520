import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { applySync } from "../src/sync/apply-sync.ts";
import { createThrottle } from "../src/sync/bandwidth.ts";
import { planSync } from "../src/sync/plan-sync.ts";
import type { SyncProgress } from "../src/sync/sync-types.ts";
import {
  createFolder,
  type OnEnd,
  replaceFiles,
  type SyncCloud,
  startSyncCloud,
  sync,
  textsOf,
  writeFiles,
} from "./sync-support.ts";

let cloud: SyncCloud;
const cleanups: (() => Promise<void>)[] = [];
const onEnd: OnEnd = (cleanup) => cleanups.unshift(cleanup);
beforeAll(async () => {
  cloud = await startSyncCloud(onEnd);
  return async () => {
    for (const cleanup of cleanups) await cleanup();
  };
});

let buckets = 0;
async function newBucket(): Promise<{ readonly bucket: string; readonly store: ReturnType<SyncCloud["store"]> }> {
  buckets += 1;
  const bucket = `bucket-${buckets}`;
  await cloud.createBucket(bucket);
  return { bucket, store: cloud.store(bucket) };
}

const site = {
  "index.html": "<p>hello</p>",
  "assets/index-BxW1c9_k.js": "console.log(1)",
  "assets/a b#c?d.txt": "odd",
  "данные/файл 😀.txt": "кириллица",
};
const { signal } = new AbortController();
const now = (): Date => new Date();

describe("a sync", () => {
  test("makes the bucket equal to the folder, and a second one plans nothing and writes nothing", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    expect((await sync(store, folder)).totals).toMatchObject({ files: 4, create: 4, keep: 0 });
    expect(textsOf(await cloud.served(bucket))).toEqual(site);
    const before = await cloud.counters();
    const again = await sync(store, folder);
    const after = await cloud.counters();
    expect(again).toMatchObject({ noop: true, actions: [] });
    expect([after.writes.total - before.writes.total, after.requests - before.requests]).toEqual([0, 1]);
  });

  test("writes what changed and nothing else", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder);
    await writeFiles(folder, { "index.html": "<p>HELLO</p>", "new.txt": "new" });
    const plan = await sync(store, folder);
    expect(plan.actions.map(({ kind, name }) => [kind, name])).toEqual([
      ["update", "index.html"],
      ["create", "new.txt"],
    ]);
    expect(textsOf(await cloud.served(bucket))).toEqual({ ...site, "index.html": "<p>HELLO</p>", "new.txt": "new" });
  });

  test("does nothing about a touched file", async () => {
    const { store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder);
    await utimes(join(folder, "index.html"), new Date(0), new Date(0));
    expect((await sync(store, folder)).noop).toBe(true);
  });

  test("keeps what no file stands for, unless it is asked to delete", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder);
    await replaceFiles(folder, { "index.html": site["index.html"] });
    expect((await sync(store, folder)).totals).toMatchObject({ extra: 3, delete: 0 });
    expect((await sync(store, folder, { delete: true })).totals).toMatchObject({ extra: 0, delete: 3 });
    expect(textsOf(await cloud.served(bucket))).toEqual({ "index.html": site["index.html"] });
  });

  test("stays below its prefix, also when it deletes", async () => {
    const { bucket, store } = await newBucket();
    await sync(store, await createFolder({ "docs-2/a.txt": "beside", "z.txt": "outside" }));
    const folder = await createFolder({ "a.txt": "in" });
    await sync(store, folder, { prefix: "docs/", delete: true });
    await replaceFiles(folder, { "b.txt": "in" });
    await sync(store, folder, { prefix: "docs/", delete: true });
    expect(textsOf(await cloud.served(bucket))).toEqual({
      "docs-2/a.txt": "beside",
      "docs/b.txt": "in",
      "z.txt": "outside",
    });
  });

  test("leaves alone on both sides what is excluded", async () => {
    const { bucket, store } = await newBucket();
    await sync(store, await createFolder({ "keep/robots.txt": "by hand", "old.map": "{}" }));
    const folder = await createFolder({ "app.js": "1", "app.js.map": "{}", "keep/other.txt": "local" });
    await sync(store, folder, { delete: true, exclude: ["*.map", "keep/**"] });
    expect(textsOf(await cloud.served(bucket))).toEqual({
      "app.js": "1",
      "keep/robots.txt": "by hand",
      "old.map": "{}",
    });
  });

  test("leaves alone what is in a folder that is excluded", async () => {
    const { bucket, store } = await newBucket();
    await sync(store, await createFolder({ "node_modules/a/b.js": "by hand", "a.js": "1" }));
    const folder = await createFolder({ "a.js": "1", "node_modules/c.js": "2" });
    expect((await sync(store, folder, { delete: true, exclude: ["node_modules"] })).noop).toBe(true);
    expect(Object.keys(await cloud.served(bucket))).toEqual(["a.js", "node_modules/a/b.js"]);
  });

  test("refuses names that are too long behind the prefix", async () => {
    const { store } = await newBucket();
    const folder = await createFolder({ [`${"d".repeat(200)}/${"f".repeat(200)}`]: "x" });
    const prefix = `${"p".repeat(700)}/`;
    await expect(sync(store, folder, { prefix })).rejects.toMatchObject({ code: "site-unsafe" });
  });

  test("refuses an empty folder and too many deletes, unless they are meant", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`f${n}.txt`, `${n}`])));
    await sync(store, folder);
    await replaceFiles(folder, { "f0.txt": "0" });
    await expect(sync(store, folder, { delete: true })).rejects.toMatchObject({
      code: "too-many-deletes",
      exitCode: 2,
    });
    await expect(sync(store, folder, { delete: true, maxDeletes: 58 })).rejects.toMatchObject({
      code: "too-many-deletes",
    });
    expect(Object.keys(await cloud.served(bucket))).toHaveLength(60);
    await sync(store, folder, { delete: true, maxDeletes: 59 });
    await replaceFiles(folder, {});
    await expect(sync(store, folder, { delete: true })).rejects.toMatchObject({ code: "site-unsafe" });
    await sync(store, folder, { delete: true, force: true });
    expect(await cloud.served(bucket)).toEqual({});
  });

  test("names the bucket that does not exist, and the folder that does not", async () => {
    const folder = await createFolder(site);
    await expect(sync(cloud.store("nowhere"), folder)).rejects.toMatchObject({
      code: "not-found",
      subject: 'bucket "nowhere"',
      hint: expect.stringContaining("gs://nowhere"),
    });
    const { store } = await newBucket();
    await expect(sync(store, join(folder, "dist"))).rejects.toMatchObject({ code: "dist-missing", exitCode: 2 });
    await expect(sync(store, join(folder, "index.html"))).rejects.toMatchObject({ code: "usage" });
  });

  test("tells of dot files once, when they are new", async () => {
    const { store } = await newBucket();
    const folder = await createFolder({ ".env": "SECRET=1", ".well-known/security.txt": "x", "a/.git/config": "x" });
    const { warnings } = await sync(store, folder);
    expect(warnings).toEqual(["2 dot files are among what is new, such as .env: --exclude '.*' leaves them out"]);
    await writeFiles(folder, { ".env": "SECRET=2" });
    expect((await sync(store, folder)).warnings).toEqual([]);
  });

  test("reports progress to the last file and byte", async () => {
    const { store } = await newBucket();
    const seen: SyncProgress[] = [];
    await sync(store, await createFolder(site), { onProgress: (progress) => seen.push(progress) });
    const bytes = Object.values(site).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(seen.at(-1)).toEqual({ done: 4, total: 4, bytesDone: bytes, bytesTotal: bytes });
  });
});

describe("headers", () => {
  test("go with the upload, by type and by glob", async () => {
    const { bucket, store } = await newBucket();
    await sync(store, await createFolder(site), {
      headers: [
        { glob: "**", cacheControl: "public, max-age=60" },
        { glob: "*.html", cacheControl: "no-cache" },
      ],
    });
    expect(await cloud.served(bucket)).toMatchObject({
      "index.html": { contentType: "text/html; charset=utf-8", cacheControl: "no-cache" },
      "assets/index-BxW1c9_k.js": { contentType: "text/javascript; charset=utf-8", cacheControl: "public, max-age=60" },
    });
  });

  test("that changed alone cost one PATCH each and no upload", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder);
    const plan = await sync(store, folder, { headers: [{ glob: "*.html", cacheControl: "no-cache" }] });
    expect(plan.actions).toMatchObject([{ kind: "patch", details: ["cacheControl: none → no-cache"] }]);
    expect((await cloud.served(bucket))["index.html"]?.cacheControl).toBe("no-cache");
  });

  test("that no rule names stay, also when the content changes, and an empty one removes them", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder, { headers: [{ glob: "index.html", cacheControl: "no-cache" }] });
    await writeFiles(folder, { "index.html": "changed" });
    await sync(store, folder);
    expect((await cloud.served(bucket))["index.html"]).toMatchObject({ text: "changed", cacheControl: "no-cache" });
    const none = { headers: [{ glob: "*.html", cacheControl: "" }] };
    expect((await sync(store, folder, none)).actions).toMatchObject([{ details: ["cacheControl: no-cache → none"] }]);
    expect((await cloud.served(bucket))["index.html"]).not.toHaveProperty("cacheControl");
    expect((await sync(store, folder, none)).noop).toBe(true);
  });
});

describe("compression", () => {
  const long = "a line that repeats itself\n".repeat(200);

  test("is stored where it makes the object smaller, and a second run plans nothing", async () => {
    const { bucket, store } = await newBucket();
    const noise = randomBytes(4000).toString("latin1");
    const folder = await createFolder({
      "a.txt": long,
      "noise.txt": Buffer.from(noise, "latin1"),
      "b.png": long,
      "c.txt": "short",
    });
    await sync(store, folder, { compression: "gzip" });
    const served = await cloud.served(bucket);
    expect(served["a.txt"]).toMatchObject({ text: long, contentEncoding: "gzip" });
    expect(Object.entries(served).filter(([, { contentEncoding }]) => contentEncoding)).toHaveLength(1);
    expect((await sync(store, folder, { compression: "gzip" })).noop).toBe(true);
    expect((await sync(store, folder, { compression: "br" })).totals).toMatchObject({ update: 2 });
    expect((await sync(store, folder, { compression: "br" })).noop).toBe(true);
  });

  test("notices an object whose bytes were replaced under its metadata", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder({ "a.txt": long });
    await sync(store, folder, { compression: "gzip" });
    const [object] = await store.list();
    if (!object) throw new Error("nothing there");
    await store.put({
      name: object.name,
      content: gzipSync("something else"),
      headers: object,
      ifGenerationMatch: object.generation,
    });
    await sync(store, folder, { compression: "gzip" });
    expect(textsOf(await cloud.served(bucket))).toEqual({ "a.txt": long });
  });

  test("puts a lost Content-Encoding back by a PATCH", async () => {
    const { store } = await newBucket();
    const folder = await createFolder({ "a.txt": long });
    await sync(store, folder, { compression: "gzip" });
    const [object] = await store.list();
    if (!object) throw new Error("nothing there");
    await store.patch({
      name: object.name,
      headers: { contentEncoding: "" },
      generation: object.generation,
      ifMetagenerationMatch: object.metageneration,
    });
    const plan = await sync(store, folder, { compression: "gzip" });
    expect(plan.actions).toMatchObject([{ kind: "patch", headers: { contentEncoding: "gzip" } }]);
  });
});

describe("a plan that has become old", () => {
  test("is refused where another changed an object, and overwrites nothing", async () => {
    const { bucket, store } = await newBucket();
    const folder = await createFolder(site);
    await sync(store, folder);
    await writeFiles(folder, { "index.html": "mine" });
    const plan = await planSync({ store, folder, now, signal });
    await sync(store, await createFolder({ "index.html": "theirs" }));
    await expect(applySync(plan, { store, signal })).rejects.toMatchObject({
      code: "precondition-failed",
      subject: `object "index.html" in bucket "${bucket}"`,
    });
    expect((await cloud.served(bucket))["index.html"]?.text).toBe("theirs");
  });

  test("is satisfied where another wrote the very same", async () => {
    const { store } = await newBucket();
    const folder = await createFolder(site);
    const plan = await planSync({ store, folder, now, signal });
    await sync(store, folder);
    await applySync(plan, { store, signal });
  });

  test("is refused where a file changed, even to one of the same size", async () => {
    const { store } = await newBucket();
    const folder = await createFolder({ "a.txt": "before", "b.txt": "stays" });
    const plan = await planSync({ store, folder, now, signal });
    await writeFiles(folder, { "a.txt": "after!" });
    await expect(applySync(plan, { store, signal })).rejects.toMatchObject({ code: "conflict", retryable: true });
    expect(await store.head("a.txt")).toBeUndefined();
  });
});

test("a file that is rewritten all the time is published whole, or not at all", async () => {
  const { bucket, store } = await newBucket();
  const size = 3 * 2 ** 20;
  const folder = await createFolder({ "a.txt": Buffer.alloc(size, "a") });
  const flip = `
    const fs = require("node:fs"); const fd = fs.openSync("a.txt", "r+"); process.stdout.write("on");
    for (let n = 0; ; n++) fs.writeSync(fd, Buffer.alloc(${size}, n % 2 ? "a" : "b"), 0, ${size}, 0);`;
  const writer = spawn(process.execPath, ["-e", flip], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void writer.kill("SIGKILL"));
  await once(writer.stdout, "data");
  for (let round = 0; round < 3; round += 1) {
    const refusal = await sync(store, folder).then(
      () => undefined,
      ({ code }) => code,
    );
    expect([undefined, "conflict", "site-unsafe"]).toContain(refusal);
    const text = (await cloud.served(bucket))["a.txt"]?.text ?? "";
    expect(["", "a".repeat(size), "b".repeat(size)].includes(text)).toBe(true);
  }
});

test("a limit on the bandwidth is kept, and what arrives is whole", async () => {
  const { bucket, store } = await newBucket();
  let time = 0;
  const throttle = createThrottle(1000, {
    now: () => new Date(time),
    sleep: async (ms) => {
      time += ms;
    },
  });
  const files = { "a.txt": "a".repeat(40_000), "b.txt": "b".repeat(20_000) };
  await sync(store, await createFolder(files), { throttle });
  expect(time).toBeGreaterThan(40_000);
  expect(textsOf(await cloud.served(bucket))).toEqual(files);
});

describe("large files", () => {
  test("go up in pieces, and are compared like others", async () => {
    const { store } = await newBucket();
    const large = randomBytes(20 * 2 ** 20 + 12345);
    const folder = await createFolder({ "film.mp4": large });
    await sync(store, folder);
    const found = await store.get("film.mp4");
    expect(Buffer.compare(found?.bytes ?? Buffer.of(), large)).toBe(0);
    expect((await sync(store, folder)).noop).toBe(true);
  });

  test("replaced on the way are refused, and nothing of them is served", async () => {
    const { store } = await newBucket();
    const folder = await createFolder({ "film.mp4": randomBytes(9 * 2 ** 20) });
    const plan = await planSync({ store, folder, now, signal });
    await writeFile(join(folder, "other"), randomBytes(9 * 2 ** 20));
    await rename(join(folder, "other"), join(folder, "film.mp4"));
    await expect(applySync(plan, { store, signal })).rejects.toMatchObject({ code: "conflict" });
    expect(await store.head("film.mp4")).toBeUndefined();
  });
});
