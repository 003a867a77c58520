// gcloud and gsutil as judges of Cloud Storage, with the lines that a team pastes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { runOk, runTool, testWithTools } from "./platform-tools.ts";
import { gcloudEnvironment } from "./support/gcloud.ts";
import { createFolder } from "./support/start-cloud.ts";
import { startStorage } from "./support/start-storage.ts";

/** Each of these programs takes seconds to start, and more on a busy machine. */
const TIMEOUT_MS = 240_000;

const writeDist = (): string => {
  const folder = createFolder();
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<html>index");
  writeFileSync(join(folder, "404.html"), "<html>404");
  writeFileSync(join(folder, "assets/app.js"), "x".repeat(200_000));
  return folder;
};

const start = async () => {
  const cloud = await startStorage();
  const env = gcloudEnvironment(createFolder(), cloud.port);
  const gcloud = (...args: string[]) => runOk("gcloud", ["storage", ...args], env);
  const gsutil = (...args: string[]) => runOk("gsutil", args, env);
  const site = (path: string) => fetch(`http://127.0.0.1:${cloud.port}/app.botbalance.me${path}`);
  const writes = async () => (await cloud.counters()).writes.total;
  return { cloud, env, gcloud, gsutil, site, writes };
};

testWithTools(
  ["gcloud"],
  "gcloud storage creates a bucket, copies, lists, shows, changes and removes",
  async () => {
    const { gcloud, env } = await start();
    const dist = writeDist();
    await gcloud("buckets", "create", "gs://files", "--location=asia-southeast1", "--uniform-bucket-level-access");
    await gcloud("cp", join(dist, "index.html"), "gs://files/dir/index.html", "--cache-control=no-cache");
    expect(await gcloud("ls", "gs://files/**")).toBe("gs://files/dir/index.html\n");
    expect(await gcloud("cat", "gs://files/dir/index.html")).toBe("<html>index");
    await gcloud("objects", "update", "gs://files/dir/index.html", "--custom-metadata=a=b");
    const described = await gcloud("objects", "describe", "gs://files/dir/index.html", "--format=json");
    expect(JSON.parse(described)).toMatchObject({
      cache_control: "no-cache",
      content_type: "text/html",
      custom_fields: { a: "b" },
      metageneration: 2,
    });
    await gcloud("rm", "gs://files/dir/index.html");
    expect(await runTool("gcloud", ["storage", "cat", "gs://files/dir/index.html"], env)).toMatchObject({ code: 1 });
  },
  TIMEOUT_MS,
);

testWithTools(
  ["gcloud"],
  "gcloud storage opens a website, and its second rsync uploads nothing",
  async () => {
    const { cloud, gcloud, site, writes } = await start();
    const dist = writeDist();
    const bucket = "gs://app.botbalance.me";
    await gcloud("buckets", "create", bucket);
    await gcloud("buckets", "update", bucket, "--web-main-page-suffix=index.html", "--web-error-page=404.html");
    await gcloud("buckets", "add-iam-policy-binding", bucket, "--member=allUsers", "--role=roles/storage.objectViewer");
    await gcloud("rsync", "-r", dist, bucket);
    expect(await (await site("/index.html")).text()).toBe("<html>index");
    const before = await writes();
    await gcloud("rsync", "-r", dist, bucket);
    expect(await writes()).toBe(before);
    await gcloud("rm", "-r", bucket);
    expect(cloud.lines).toEqual([]);
  },
  TIMEOUT_MS,
);

testWithTools(
  ["gsutil"],
  "gsutil makes a bucket, opens it, syncs, sets the website and headers",
  async () => {
    const { cloud, gsutil, site, writes } = await start();
    const dist = writeDist();
    const bucket = "gs://app.botbalance.me";
    await gsutil("mb", "-l", "asia-southeast1", bucket);
    await gsutil("iam", "ch", "allUsers:objectViewer", bucket);
    await gsutil("-m", "rsync", "-r", dist, bucket);
    const before = await writes();
    await gsutil("-m", "rsync", "-r", dist, bucket);
    expect(await writes()).toBe(before);
    await gsutil("web", "set", "-m", "index.html", "-e", "404.html", bucket);
    await gsutil("setmeta", "-h", "Cache-Control:no-cache", `${bucket}/index.html`);
    const response = await site("/index.html");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.text()).toBe("<html>index");
    expect(cloud.lines).toEqual([]);
  },
  TIMEOUT_MS,
);
