// What a killed process leaves of what was not confirmed. What was confirmed: cloud-kill.test.ts of the deploy SDK.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFolder } from "./support/start-cloud.ts";
import { objectPath, startStorage } from "./support/start-storage.ts";

const script = new URL("./support/storage-process.ts", import.meta.url).pathname;

const startProcess = async (dataDir: string) => {
  const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const [address] = await once(child.stdout, "data");
  return { url: String(address).trim(), child, exited };
};

test("sweeps the file of an upload that a killed process left", async () => {
  const dataDir = createFolder();
  const { url, child, exited } = await startProcess(dataDir);
  await fetch(`${url}/storage/v1/b?project=p`, { method: "POST", body: '{"name":"files"}' });
  const contents = join(dataDir, "storage/contents");
  const headers = { "content-length": "1000000" };
  const path = "/upload/storage/v1/b/files/o?uploadType=media&name=x";
  const uploading = request(url + path, { method: "POST", headers });
  const broken = once(uploading, "error");
  uploading.write(Buffer.alloc(200_000));
  await expect.poll(() => readdirSync(contents)).toHaveLength(1);
  child.kill("SIGKILL");
  await Promise.all([broken, exited]);
  const storage = await startStorage({ dataDir });
  expect(readdirSync(contents)).toEqual([]);
  expect((await storage.call("GET", objectPath("files", "x"))).status).toBe(404);
});
