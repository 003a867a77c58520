// What has been confirmed survives a killed process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createFolder } from "./support/start-cloud.ts";
import { objectPath, startStorage } from "./support/start-storage.ts";

const ROUNDS = 4;
const script = new URL("./support/storage-process.ts", import.meta.url).pathname;

const startProcess = async (dataDir: string) => {
  const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const [address] = await once(child.stdout, "data");
  return { url: String(address).trim(), child, exited };
};

/** Small ones are rows, large ones files; every third name is written over and over. */
const contentOf = (index: number): string => `${index} `.repeat(index % 4 === 0 ? 40_000 : 20);
const nameOf = (index: number): string => (index % 3 === 0 ? "again" : `object-${index}`);

type Confirmed = Map<string, number>;

/** Writes until the connection breaks; remembers what was confirmed. */
const writeUntilKilled = async (url: string, confirmed: Confirmed, from: number): Promise<number> => {
  for (let index = from; ; index += 1) {
    const query = new URLSearchParams({ uploadType: "media", name: nameOf(index) });
    try {
      const init = { method: "POST", body: contentOf(index) };
      const response = await fetch(`${url}/upload/storage/v1/b/files/o?${query}`, init);
      await response.json();
      if (response.status !== 200) throw new Error(`refused: ${response.status}`);
      confirmed.set(nameOf(index), index);
    } catch (error) {
      if (error instanceof TypeError) return index + 1;
      throw error;
    }
  }
};

test("keeps every confirmed write when it is killed in the middle of others", async () => {
  const dataDir = createFolder();
  const confirmed: Confirmed = new Map();
  let next = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { url, child, exited } = await startProcess(dataDir);
    await fetch(`${url}/storage/v1/b?project=p`, { method: "POST", body: '{"name":"files"}' });
    const writing = writeUntilKilled(url, confirmed, next);
    await delay(20 + 25 * round);
    child.kill("SIGKILL");
    next = await writing;
    await exited;
  }
  expect(confirmed.size).toBeGreaterThan(ROUNDS);

  const storage = await startStorage({ dataDir });
  for (const [name, index] of confirmed) {
    const { text } = await storage.raw("127.0.0.1", `${objectPath("files", name)}?alt=media`);
    // The write that was cut off may have landed too: the object is one that was sent, whole, and no older one.
    const found = Number.parseInt(text, 10);
    expect(found).toBeGreaterThanOrEqual(index);
    expect(text).toBe(contentOf(found));
  }
});

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
