import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeSocketDir, socketDirFor } from "./socket-dir.ts";

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "socket-dir-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a short folder is taken as it is, a long one is replaced by one that its name decides", () => {
  expect(socketDirFor("/data/sql/demo/db/socket", "/tmp")).toBe("/data/sql/demo/db/socket");
  const long = `/${"x".repeat(93)}`;
  expect(socketDirFor(long.slice(0, -1), "/tmp")).toBe(long.slice(0, -1));
  const replaced = socketDirFor(long, "/tmp");
  expect(replaced).toMatch(/^\/tmp\/local-cloud-[0-9a-f]{20}$/);
  expect(socketDirFor(long, "/tmp")).toBe(replaced);
  expect(socketDirFor(`${long}y`, "/tmp")).not.toBe(replaced);
});

test("a folder is made, and made again", () => {
  const folder = join(createFolder(), "a", "b");
  makeSocketDir(folder);
  makeSocketDir(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o755);
});

test("a link to somewhere else in a shared folder is not followed", () => {
  const shared = createFolder();
  mkdirSync(join(shared, "elsewhere"));
  symlinkSync(join(shared, "elsewhere"), join(shared, "guessed"));
  expect(() => makeSocketDir(join(shared, "guessed"))).toThrow("belongs to somebody else");
});
