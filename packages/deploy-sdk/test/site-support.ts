// A site with its buckets in a real local cloud, released as the engine does it, and read as a browser does.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { SiteUnit, Stack } from "@slipway/config";
import { onTestFinished } from "vitest";
import { createTarget } from "../src/google/create-target.ts";
import { applySite } from "../src/site/apply-site.ts";
import type { SitePlan } from "../src/site/plan-site.ts";
import { type SiteDriver, siteDriver, siteRollbackDriver } from "../src/site/site-driver.ts";
import type { Target } from "../src/target.ts";
import type { DeployEvent, ReleaseContext, UnitOutcome } from "../src/types.ts";
import { resolveSiteStack, type SiteOptions, siteUnit } from "./site-stack.ts";
import { testRuntime } from "./support/runtime.ts";
import { createFolder, type Files, type OnEnd, type SyncCloud, startSyncCloud, writeFiles } from "./sync-support.ts";

export type Released = { readonly plan: SitePlan; readonly outcome: UnitOutcome };

export type TestSite = {
  readonly cloud: SyncCloud;
  readonly stack: Stack;
  readonly unit: SiteUnit;
  readonly target: Target;
  readonly workspace: string;
  readonly events: readonly DeployEvent[];
  readonly context: (given?: Partial<ReleaseContext>) => ReleaseContext;
  /** Puts these files where the build would. */
  readonly build: (files: Files) => Promise<void>;
  readonly plan: (driver?: SiteDriver, given?: Partial<ReleaseContext>) => Promise<SitePlan>;
  /** Observes, plans, applies and verifies; a plan without changes is not applied. */
  readonly release: (files?: Files, given?: Partial<ReleaseContext>) => Promise<Released>;
  readonly rollback: (to: UnitOutcome, given?: Partial<ReleaseContext>) => Promise<Released>;
};

let releases = 0;

export async function startSite(options: SiteOptions = {}, onEnd: OnEnd = onTestFinished): Promise<TestSite> {
  const cloud = await startSyncCloud(onEnd);
  const stack = resolveSiteStack(cloud.url, options);
  const unit = siteUnit(stack);
  await provision(cloud, unit.bucket, stack.environment.stateBucket);
  return siteOf(cloud, stack, await createFolder({}, onEnd), onEnd);
}

/** The site's bucket is public and a web site, the state's is neither: as provisioning makes them. */
export async function provision(cloud: SyncCloud, bucket: string, stateBucket: string): Promise<void> {
  await cloud.createBucket(bucket);
  await cloud.createBucket(stateBucket);
  const send = async (path: string, method: string, body: object): Promise<void> => {
    const response = await fetch(`${cloud.url}/storage/v1/b/${bucket}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: "Bearer email:owner@example.com" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  await send("/iam", "PUT", { bindings: [{ role: "roles/storage.legacyObjectReader", members: ["allUsers"] }] });
  await send("", "PATCH", { website: { mainPageSuffix: "index.html" } });
}

export function siteOf(cloud: SyncCloud, stack: Stack, workspace: string, onEnd: OnEnd): TestSite {
  const unit = siteUnit(stack);
  const events: DeployEvent[] = [];
  const runtime = testRuntime();
  const { signal } = new AbortController();
  const target = createTarget(stack, { signal, runtime });
  onEnd(() => target.close());
  const context: TestSite["context"] = (given = {}) => {
    releases += 1;
    return {
      ...{ stack, workspace, runtime, signal, emit: (event) => events.push(event) },
      releaseId: `r${releases}`,
      commit: { sha: `${releases}`.padStart(40, "c"), dirty: false },
      ...given,
    };
  };
  const run = async (driver: SiteDriver, given: Partial<ReleaseContext>): Promise<Released> => {
    const own = context(given);
    const plan = driver.plan(unit, await driver.observe(unit, target, own), own);
    if (plan.noop) return { plan, outcome: driver.current(plan) };
    const outcome = await applySite(plan, target, own);
    await driver.verify(plan, outcome, target, own);
    return { plan, outcome };
  };
  const build: TestSite["build"] = async (files) => {
    const dist = join(workspace, unit.dist);
    await rm(dist, { recursive: true, force: true });
    await mkdir(dist, { recursive: true });
    await writeFiles(dist, files);
  };
  return {
    ...{ cloud, stack, unit, target, workspace, events, context, build },
    plan: async (driver = siteDriver, given = {}) => {
      const own = context(given);
      return driver.plan(unit, await driver.observe(unit, target, own), own);
    },
    release: async (files, given = {}) => {
      if (files) await build(files);
      return run(siteDriver, given);
    },
    rollback: (to, given = {}) => run(siteRollbackDriver(to.state), given),
  };
}

/** What a build of one version looks like: a page, its script, and a chunk that the script loads later. */
export function buildOf(version: string, more: Files = {}): Files {
  const hash = (name: string): string =>
    `${name}${version}`
      .replaceAll(/[^A-Za-z0-9]/g, "x")
      .padEnd(7, "q")
      .concat("Z9");
  const chunk = `assets/chunk-${hash("c")}.js`;
  const script = `assets/index-${hash("i")}.js`;
  return {
    "index.html": `<!doctype html><script type="module" src="/${script}"></script><p>version ${version}</p>`,
    [script]: `/* version ${version} */ import("/${chunk}")`,
    [chunk]: `/* version ${version} */ export default 1`,
    "assets/vendor-SharedA1.js": "/* shared by all versions */",
    "favicon.ico": `icon of ${version}`,
    ...more,
  };
}
