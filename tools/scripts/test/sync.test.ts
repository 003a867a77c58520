// `pnpm sync` as a process of its own, against a local cloud.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Finished, runScript, startProcess } from "./support/run-command.ts";
import { type SmallCloud, startSmallCloud } from "./support/small-cloud.ts";
import { createTempFolder } from "./support/temp-folder.ts";
import { waitFor } from "./support/wait-for.ts";

let cloud: SmallCloud;
beforeAll(async () => {
  cloud = await startSmallCloud();
}, 60_000);
afterAll(() => cloud.stop());

async function createBucket(name: string): Promise<string> {
  await fetch(`${cloud.url}/storage/v1/b?project=sync-local`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return `gs://${name}`;
}

async function createSite(files: number): Promise<string> {
  const folder = join(await createTempFolder(), "dist");
  await mkdir(join(folder, "assets"), { recursive: true });
  await writeFile(join(folder, "index.html"), "<p>hello</p>".repeat(200));
  for (let index = 1; index < files; index += 1) await writeFile(join(folder, `assets/${index}.js`), `n = ${index}`);
  return folder;
}

const sync = (...args: readonly string[]): Promise<Finished> => runScript("sync", [...args, "--endpoint", cloud.url]);
const resultOf = ({ events }: Finished): unknown => events.find(({ type }) => type === "result")?.["result"];

test("plans, syncs, has nothing to do, and removes what is gone only when asked", async () => {
  const bucket = await createBucket("story");
  const folder = await createSite(3);
  const planned = await sync(folder, `${bucket}/docs`, "--plan");
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^gs:\/\/story\/docs\/: 3 to create; .*nothing was/),
  });
  expect(planned.stderr).toContain("+ create docs/assets/1.js");
  const options = ["--gzip", "--cache-control", "assets/**=max-age=60", "--cache-control", "*.html=no-cache"];
  expect((await sync(folder, `${bucket}/docs`, ...options)).stdout).toMatch(/3 created; 0 as they should be/);
  await rm(join(folder, "assets/1.js"));
  const again = await sync(folder, `${bucket}/docs`, ...options);
  expect(again.stdout).toMatch(/nothing to do; 2 as they should be; 1 that no file stands for/);
  const last = await sync(folder, `${bucket}/docs`, ...options, "--delete", "--cache-control", "*.html=", "--json");
  expect(last.stderr).toBe("");
  expect(resultOf(last)).toMatchObject({
    mode: "apply",
    totals: { delete: 1, patch: 1, keep: 1 },
    actions: [
      { kind: "delete", name: "docs/assets/1.js" },
      { kind: "patch", details: ["cacheControl: no-cache → none"] },
    ],
  });
});

test("refuses more deletes than allowed, and a plan says so", async () => {
  const bucket = await createBucket("deletes");
  await sync(await createSite(3), bucket);
  const other = join(await createTempFolder(), "other");
  await mkdir(other);
  await writeFile(join(other, "a.txt"), "a");
  const most = [other, bucket, "--delete", "--max-delete", "2"];
  const planned = await sync(...most, "--plan");
  expect([planned.code, planned.stderr]).toEqual([
    0,
    expect.stringContaining("this would be refused: the plan deletes 3"),
  ]);
  const refused = await sync(...most);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("[too-many-deletes]")]);
  expect((await sync(...most, "--force")).stdout).toContain("1 created, 3 deleted");
});

test("is interrupted by Ctrl-C, and goes on from there", async () => {
  const bucket = await createBucket("interrupted");
  const folder = await createSite(60);
  const args = ["sync", folder, bucket, "--bandwidth", "3k", "--concurrency", "4", "--endpoint", cloud.url];
  const { child, finished, output } = startProcess(["node", "tools/scripts/src/main.mjs", ...args]);
  await waitFor("some progress", () => /syncing {2}[1-9]/.test(output()) || undefined, 30_000);
  child.kill("SIGINT");
  expect(await finished).toMatchObject({ code: 130, stderr: expect.stringContaining("run it again") });
  const rest = resultOf(await sync(folder, bucket, "--json"));
  expect(rest).toMatchObject({ totals: { files: 60, create: expect.any(Number), keep: expect.any(Number) } });
  expect(rest).not.toMatchObject({ totals: { keep: 0 } });
  expect((await sync(folder, bucket)).stdout).toContain("nothing to do; 60 as they should be");
});

test.each([
  [["dist", "site"], 2, "it is not gs:// and the name of a bucket"],
  [["nowhere", "gs://site"], 2, "it does not exist"],
  [["docs", "gs://nowhere"], 3, "gcloud storage buckets create gs://nowhere"],
  [["docs", "gs://site", "--exclude", ""], 2, "it names nothing"],
  [["docs", "gs://site", "--cache-control", "*.html=no\ncache"], 2, "--cache-control"],
  [["docs", "gs://site", "--gzip", "--brotli"], 2, "exclude each other"],
  [["docs", "gs://site", "--bandwidth", "fast"], 2, "such as 500k or 10M"],
])("%j ends with %i and says why", async (args, code, reason) => {
  expect(await sync(...args)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(reason) });
});
