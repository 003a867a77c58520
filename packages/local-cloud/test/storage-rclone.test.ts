// rclone with its backend for Google Cloud Storage as judge.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { runOk, runTool, testWithTools } from "./platform-tools.ts";
import { createFolder } from "./support/start-cloud.ts";
import { startStorage } from "./support/start-storage.ts";

const start = async () => {
  const cloud = await startStorage();
  const env = {
    RCLONE_CONFIG: join(createFolder(), "rclone.conf"),
    RCLONE_CONFIG_GCS_TYPE: "google cloud storage",
    RCLONE_CONFIG_GCS_ANONYMOUS: "true",
    RCLONE_CONFIG_GCS_PROJECT_NUMBER: "demo",
    RCLONE_CONFIG_GCS_ENDPOINT: `${cloud.url}/storage/v1/`,
    RCLONE_RETRIES: "1",
  };
  writeFileSync(env.RCLONE_CONFIG, "");
  return { cloud, env, rclone: (...args: string[]) => runOk("rclone", args, env) };
};

const writeTree = (): string => {
  const folder = createFolder();
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<html>");
  writeFileSync(join(folder, "assets/ä b.js"), "x".repeat(100_000));
  writeFileSync(join(folder, "large.bin"), "y".repeat(9_000_000));
  return folder;
};

testWithTools(["rclone"], "rclone syncs, checks, copies and deletes", async () => {
  const { cloud, env, rclone } = await start();
  const tree = writeTree();
  await rclone("mkdir", "gcs:files");
  await rclone("sync", tree, "gcs:files");
  await rclone("check", tree, "gcs:files", "--download");
  expect((await rclone("lsf", "-R", "gcs:files")).split("\n").sort()).toEqual(
    ["", "assets/", "assets/ä b.js", "index.html", "large.bin"].sort(),
  );
  const { writes } = await cloud.counters();
  await rclone("sync", tree, "gcs:files");
  expect((await cloud.counters()).writes).toEqual(writes);

  await rclone("copy", "gcs:files/index.html", "gcs:files/copied");
  expect(await rclone("cat", "gcs:files/copied/index.html")).toBe("<html>");
  rmSync(join(tree, "large.bin"));
  await rclone("sync", tree, "gcs:files");
  expect(await rclone("lsf", "gcs:files")).toBe("assets/\nindex.html\n");
  writeFileSync(join(tree, "index.html"), "<other>");
  expect((await runTool("rclone", ["check", tree, "gcs:files"], env)).code).toBe(1);
  await rclone("delete", "gcs:files");
  await rclone("rmdir", "gcs:files");
  expect(cloud.lines).toEqual([]);
});
