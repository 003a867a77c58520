import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readCommit } from "../src/index.ts";

const { signal } = new AbortController();

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "commit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A PATH whose only program is a `git` that does what `script` says; without one there is no git. */
function withGit(script?: string): void {
  const folder = createFolder();
  if (script) {
    writeFileSync(join(folder, "git"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "git"), 0o755);
  }
  vi.stubEnv("PATH", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test("a commit is told, and whether there is more than it", async () => {
  const workspace = createFolder();
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: workspace, encoding: "utf8" });
  git("init", "--quiet");
  git("commit", "--quiet", "--allow-empty", "-m", "start");
  const sha = git("rev-parse", "HEAD").trim();
  expect(await readCommit(workspace, signal)).toEqual({ sha, dirty: false });
  writeFileSync(join(workspace, "new"), "");
  expect(await readCommit(workspace, signal)).toEqual({ sha, dirty: true });
});

test("a folder that is no repository is named, with how to make it one", async () => {
  const refusal = { code: "usage", hint: expect.stringContaining("git init") };
  await expect(readCommit(createFolder(), signal)).rejects.toMatchObject(refusal);
});

test("a machine without git is told to install it", async () => {
  withGit();
  await expect(readCommit(createFolder(), signal)).rejects.toMatchObject({ code: "usage", hint: "install git" });
});

test("a repository of another owner is told by git's own words, and not to be made anew", async () => {
  withGit("echo \"fatal: detected dubious ownership in repository at '/w'\" >&2; exit 128");
  await expect(readCommit(createFolder(), signal)).rejects.toMatchObject({
    hint: expect.stringContaining("safe.directory"),
    details: ["fatal: detected dubious ownership in repository at '/w'"],
  });
});

test("a git that was ended by a signal is an interruption and no missing repository", async () => {
  withGit("kill -TERM $$");
  await expect(readCommit(createFolder(), signal)).rejects.toMatchObject({ code: "aborted", exitCode: 130 });
});
