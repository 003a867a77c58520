// kill -9 at every request that a deploy makes, under readers. SYNC_SWEEP=full takes every boundary, otherwise a share.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { UnitOutcome } from "../src/types.ts";
import { startReader } from "./site-reader.ts";
import { resolveSiteStack } from "./site-stack.ts";
import { buildOf, provision, siteOf, type TestSite } from "./site-support.ts";
import { compiledOnce } from "./support/compiled-once.ts";
import { createFolder, replaceFiles, type SyncCloud, startSyncCloud, sync, textsOf } from "./sync-support.ts";

const every = process.env["SYNC_SWEEP"] === "full" ? 1 : 5;
const child = fileURLToPath(new URL("./site-child.ts", import.meta.url));
const principal = "child@localhost";
const timeout = every === 1 ? 1_800_000 : 180_000;

type Deploy = { readonly mode: "release" | "rollback" | "sync"; readonly folder: string; readonly to?: UnitOutcome };

function startChild({ mode, folder, to }: Deploy, cloud: SyncCloud): ChildProcess {
  const process = spawn(
    globalThis.process.execPath,
    [child, mode, cloud.url, folder, JSON.stringify(to?.state ?? {})],
    {
      env: { ...compiledOnce, DEPLOY_PRINCIPAL: principal },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  onTestFinished(() => void process.kill("SIGKILL"));
  return process;
}

/**
 * Lets the child make `boundary` requests, holds the next one, and kills it there.
 * Returns false where it ended by itself, having made fewer.
 */
async function killAt(boundary: number, deploy: Deploy, cloud: SyncCloud): Promise<boolean> {
  const fault = { kind: "stall" };
  const consumed = await cloud.orderFault({ match: { principal }, fault, skip: boundary, times: 1 });
  const process = startChild(deploy, cloud);
  const exited = once(process, "exit");
  for (;;) {
    const ended = await Promise.race([exited, setTimeout(10)]);
    const struck = (await consumed()) > 0;
    if (struck) process.kill("SIGKILL");
    if (!ended && !struck) continue;
    const [code] = await exited;
    await fetch(`${cloud.url}/_local/faults`, { method: "DELETE" });
    if (!struck) expect(code).toBe(0);
    return struck;
  }
}

async function startReadSite(): Promise<{ readonly cloud: SyncCloud; readonly site: TestSite }> {
  const cloud = await startSyncCloud();
  const stack = resolveSiteStack(cloud.url, { keep: { releases: 5, days: 0 } });
  const site = siteOf(cloud, stack, await createFolder(), onTestFinished);
  await provision(cloud, site.unit.bucket, stack.environment.stateBucket);
  return { cloud, site };
}

describe("killed at a request", () => {
  test(
    "a release leaves a whole site to every reader, and the next run finishes it",
    async () => {
      const { cloud, site } = await startReadSite();
      await site.release(buildOf("v0"));
      // Of the five that are kept, some may be the release that was killed, and the one that clears up after it.
      const reading = startReader(site.unit.url, 2);
      let struck = true;
      for (let boundary = 0; struck; boundary += every) {
        await site.build(buildOf(`v${boundary + 1}`, { "extra.html": `extra ${boundary}` }));
        struck = await killAt(boundary, { mode: "release", folder: site.workspace }, cloud);
        await site.release();
        expect(textsOf(await cloud.served(site.unit.bucket))).toMatchObject(buildOf(`v${boundary + 1}`));
        expect((await site.plan()).noop).toBe(true);
        if (boundary === 0) expect(struck).toBe(true);
        // What a run that was killed last of all did not delete, the next release does.
        await site.release(buildOf(`w${boundary}`));
      }
      const { wrong, reads } = await reading.stop();
      expect(wrong).toEqual([]);
      expect(reads).toBeGreaterThan(50);
    },
    timeout,
  );

  test(
    "a rollback leaves a whole site to every reader, and the next run finishes it",
    async () => {
      const { cloud, site } = await startReadSite();
      const first = (await site.release(buildOf("v0", { "only.html": "of the first" }))).outcome;
      const second = (await site.release(buildOf("v1"))).outcome;
      const reading = startReader(site.unit.url, 2);
      let struck = true;
      for (let boundary = 0; struck; boundary += every) {
        struck = await killAt(boundary, { mode: "rollback", folder: site.workspace, to: first }, cloud);
        await site.rollback(first);
        expect(textsOf(await cloud.served(site.unit.bucket))).toMatchObject(
          buildOf("v0", { "only.html": "of the first" }),
        );
        expect((await site.rollback(first)).plan.noop).toBe(true);
        await site.rollback(second);
        if (boundary === 0) expect(struck).toBe(true);
      }
      expect((await reading.stop()).wrong).toEqual([]);
    },
    timeout,
  );

  test(
    "a sync converges in the next run",
    async () => {
      const cloud = await startSyncCloud();
      await cloud.createBucket("synced");
      const store = cloud.store("synced");
      const folder = await createFolder();
      const options = {
        delete: true,
        compression: "gzip",
        headers: [{ glob: "*.html", cacheControl: "no-cache" }],
      } as const;
      let struck = true;
      for (let boundary = 0; struck; boundary += every) {
        const files = {
          "index.html": `page ${boundary} `.repeat(300),
          [`assets/a-Hash${boundary}Zz.js`]: `${boundary}`,
          "same.txt": "same",
          // Of two pieces, and so of a session.
          "film.mp4": `${boundary}`.padEnd(8 * 2 ** 20 + 1, "."),
          [`moves/${boundary}.txt`]: "x",
        };
        await replaceFiles(folder, files);
        struck = await killAt(boundary, { mode: "sync", folder }, cloud);
        await sync(store, folder, options);
        expect(textsOf(await cloud.served("synced"))).toEqual(files);
        expect((await sync(store, folder, options)).noop).toBe(true);
      }
    },
    timeout,
  );
});

test("readers see whole releases only, while releases and rollbacks follow each other", async () => {
  const cloud = await startSyncCloud();
  const stack = resolveSiteStack(cloud.url);
  const site = siteOf(cloud, stack, await createFolder(), onTestFinished);
  await provision(cloud, site.unit.bucket, stack.environment.stateBucket);
  const outcomes = [(await site.release(buildOf("v0"))).outcome];
  const readers = [1, 2, 3].map(() => startReader(site.unit.url));
  for (let round = 1; round <= 8; round += 1) {
    outcomes.push((await site.release(buildOf(`v${round}`))).outcome);
    const earlier = outcomes.at(-2 - (round % 3)) ?? outcomes[0];
    if (earlier) await site.rollback(earlier);
  }
  for (const reading of readers) expect((await reading.stop()).wrong).toEqual([]);
});
