import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { digestFiles, mapLimited } from "./file-digests.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

async function tree(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), "file-digests-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), content);
  const cacheFile = join(root, "cache", "digests.json");
  const digests = (paths: readonly string[]) => digestFiles({ root, paths, cacheFile });
  return { root, cacheFile, digests };
}

test("tells content, kind and executability of what is there", async () => {
  const { root, digests } = await tree({ a: "one" });
  await symlink("a", join(root, "link"));
  await mkdir(join(root, "folder"));
  expect(await digests(["a", "link", "folder", "gone"])).toEqual([
    { path: "a", type: "file", executable: false, sizeBytes: 3, sha256: sha256("one") },
    { path: "link", type: "symlink", executable: false, sizeBytes: 1, sha256: sha256("a") },
  ]);
});

test("sees an edit that leaves size and modification time as they were, at once after the last look", async () => {
  const { root, digests } = await tree({ a: "one" });
  const past = new Date("2020-01-01T00:00:00Z");
  await utimes(join(root, "a"), past, past);
  await digests(["a"]);
  await writeFile(join(root, "a"), "two");
  await utimes(join(root, "a"), past, past);
  expect((await digests(["a"]))[0]?.sha256).toBe(sha256("two"));
});

test("remembers nothing that may still change unnoticed, and survives a damaged cache", async () => {
  const { cacheFile, digests } = await tree({ a: "one" });
  await digests(["a"]);
  expect(JSON.parse(await readFile(cacheFile, "utf8"))).toEqual({});
  await writeFile(cacheFile, '{"a": 1');
  expect((await digests(["a"]))[0]?.sha256).toBe(sha256("one"));
});

test("takes the digest of an unchanged file from the cache", async () => {
  const { cacheFile } = await tree({});
  // A file of the system: certainly older than a clock's tick.
  const look = () => digestFiles({ root: "/", paths: ["etc/passwd"], cacheFile });
  const [first] = await look();
  const remembered = JSON.parse(await readFile(cacheFile, "utf8")) as Record<string, string[]>;
  const stamp = remembered["etc/passwd"] ?? [];
  expect(stamp[4]).toBe(first?.sha256);
  await writeFile(cacheFile, JSON.stringify({ "etc/passwd": [...stamp.slice(0, 4), "from the cache"] }));
  expect((await look())[0]?.sha256).toBe("from the cache");
});

test("works on no more at once than asked for, and keeps the order", async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimited([3, 1, 2, 5, 4], 2, async (value) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return value * 2;
  });
  expect(results).toEqual([6, 2, 4, 10, 8]);
  expect(most).toBe(2);
});
