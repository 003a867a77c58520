import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { expect, onTestFinished, test } from "vitest";
import { type LayerEntry, sortEntries, tarOf } from "./tar-entries.ts";

const signal = new AbortController().signal;
const text = (path: string, content: string): LayerEntry => ({
  type: "file",
  path,
  mode: 0o644,
  content: Buffer.from(content),
});

async function listTar(entries: readonly LayerEntry[]) {
  const tar = extract();
  const packed = pipeline(tarOf(sortEntries(entries), signal), tar);
  packed.catch(() => {});
  const listed = [];
  for await (const entry of tar) {
    const bytes = await buffer(entry);
    const { name, type, mode, uid, mtime, linkname } = entry.header;
    listed.push({ name, type, mode, uid, mtime: mtime?.getTime(), linkname, text: bytes.toString() });
  }
  await packed;
  return listed;
}

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "tar-entries-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
};

test("sorts, adds the folders above each entry, and knows neither owner nor time", async () => {
  const listed = await listTar([
    text("b/c.txt", "c"),
    { type: "symlink", path: "a", target: "b/c.txt" },
    { type: "directory", path: "tmp", mode: 0o1777 },
  ]);
  expect(listed.map(({ name, type }) => [name, type])).toEqual([
    ["a", "symlink"],
    ["b/", "directory"],
    ["b/c.txt", "file"],
    ["tmp/", "directory"],
  ]);
  expect(listed.every(({ uid, mtime }) => uid === 0 && mtime === 0)).toBe(true);
  expect(listed[3]?.mode).toBe(0o1777);
  expect(listed[2]?.text).toBe("c");
});

test("holds names of any length", async () => {
  const path = `${"folder/".repeat(30)}${"x".repeat(120)}`;
  const listed = await listTar([text(path, "deep")]);
  expect(listed.at(-1)).toMatchObject({ name: path, text: "deep" });
});

test("refuses a file that is no longer what was asked for", async () => {
  const file = join(await folder(), "a");
  await writeFile(file, "new");
  const content = { file, sizeBytes: 3, sha256: "0".repeat(64) };
  await expect(listTar([{ type: "file", path: "a", mode: 0o644, content }])).rejects.toMatchObject({
    code: "conflict",
  });
  const grown = { file, sizeBytes: 2 };
  await expect(listTar([{ type: "file", path: "a", mode: 0o644, content: grown }])).rejects.toThrow();
});
