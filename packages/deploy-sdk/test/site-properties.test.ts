// What holds for every sequence of releases and rollbacks, from any state of the bucket, whatever interrupts or goes wrong. SYNC_RUNS sets how many are tried.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ObjectStore } from "../src/google/object-store.ts";
import { comparedFiles } from "../src/site/compare-site.ts";
import { siteDriver, siteRollbackDriver } from "../src/site/site-driver.ts";
import { readIndex, readManifest } from "../src/site/site-state.ts";
import type { SiteIndex, SiteManifest } from "../src/site/site-types.ts";
import { copyName, isKept } from "../src/site/site-version.ts";
import type { Target } from "../src/target.ts";
import type { UnitOutcome } from "../src/types.ts";
import { resolveSiteStack } from "./site-stack.ts";
import { provision, siteOf, type TestSite } from "./site-support.ts";
import { randomFaults } from "./support/random-faults.ts";
import { createFolder, type Files, type SyncCloud, startSyncCloud } from "./sync-support.ts";

const numRuns = Math.ceil(Number(process.env["SYNC_RUNS"] ?? 40) / 4);

let cloud: SyncCloud;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  cloud = await startSyncCloud((cleanup) => cleanups.unshift(cleanup));
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const name = fc.constantFrom(
  "a.html",
  "docs/b.html",
  "logo.svg",
  "sw.js",
  "assets/x-Shared11.js",
  "assets/y-Shared22.js",
  "data.json",
);
/** A hashed name has its content in it; any other name has any content. */
const build = fc
  .uniqueArray(fc.tuple(name, fc.constantFrom("one", "two", "three ".repeat(400))), {
    selector: ([path]) => path,
    maxLength: 7,
  })
  .chain((entries) => fc.record({ entries: fc.constant(entries), page: fc.constantFrom("1", "2", "3", "4") }))
  .map(
    ({ entries, page }): Files => ({
      "index.html": `page ${page}`,
      [`assets/index-Page${page}Zz${page}.js`]: `script ${page}`,
      ...Object.fromEntries(entries.map(([path, text]) => [path, path.startsWith("assets/") ? path : text])),
    }),
  );
/** What the bucket holds before its first release: what somebody has put there by hand. */
const remote = fc.uniqueArray(fc.tuple(fc.oneof(name, fc.constantFrom("index.html", "old/page.html")), fc.string()), {
  selector: ([path]) => path,
  maxLength: 4,
});
/** At the write of this number: before it is sent, or when it has been applied. */
type Stop = { readonly write: number; readonly applied: boolean };
type Hazards = { readonly stop: Stop | undefined; readonly faults: readonly object[] };
type Step = Hazards &
  (
    | { readonly kind: "release"; readonly files: Files }
    /** To the release so many before the last one. */
    | { readonly kind: "rollback"; readonly to: number }
  );
const hazards = {
  stop: fc.option(fc.record({ write: fc.nat(14), applied: fc.boolean() }), { nil: undefined, freq: 2 }),
  faults: randomFaults,
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), files: build, ...hazards }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const), to: fc.nat(3), ...hazards }) },
);

let sites = 0;
async function newSite(
  keep: { readonly releases: number; readonly days: number },
  onEnd: (step: () => Promise<void>) => void,
) {
  sites += 1;
  const stack = resolveSiteStack(cloud.url, {
    keep,
    bucket: `site-${sites}.example.com`,
    project: `demo-site-${sites}`,
  });
  const site = siteOf(cloud, stack, await createFolder({}, onEnd), onEnd);
  await provision(cloud, site.unit.bucket, stack.environment.stateBucket);
  return site;
}

function interrupting({ target }: TestSite, stop: Stop, controller: AbortController): Target {
  let writes = 0;
  const counted = async <Result>(write: () => Promise<Result>): Promise<Result> => {
    const isLast = writes === stop.write;
    writes += 1;
    if (isLast && !stop.applied) controller.abort(new Error("interrupted"));
    const result = await write();
    if (isLast) controller.abort(new Error("interrupted"));
    return result;
  };
  const wrap = (store: ObjectStore): ObjectStore => ({
    ...store,
    put: (request) => counted(() => store.put(request)),
    patch: (request) => counted(() => store.patch(request)),
    copy: (request) => counted(() => store.copy(request)),
    delete: (request) => counted(() => store.delete(request)),
  });
  const { state } = target;
  return {
    ...target,
    objects: (bucket, subject) => wrap(target.objects(bucket, subject)),
    state: {
      ...state,
      write: (...given) => counted(() => state.write(...given)),
      remove: (...given) => counted(() => state.remove(...given)),
    },
  };
}

/** The outcome; undefined where it was interrupted, or where what it was to take back is no longer kept. */
async function perform(site: TestSite, one: Step, released: readonly UnitOutcome[]): Promise<UnitOutcome | undefined> {
  const controller = new AbortController();
  const context = site.context({ signal: controller.signal });
  const target = one.stop === undefined ? site.target : interrupting(site, one.stop, controller);
  if (one.kind === "release") await site.build(one.files);
  const earlier = one.kind === "rollback" ? released.at(-1 - one.to) : undefined;
  if (one.kind === "rollback" && !earlier) return undefined;
  const driver = earlier ? siteRollbackDriver(earlier.state) : siteDriver;
  const run = async (): Promise<UnitOutcome> => {
    const plan = driver.plan(site.unit, await driver.observe(site.unit, target, context), context);
    return plan.noop ? driver.current(plan) : driver.apply(plan, target, context);
  };
  try {
    return await cloud.under(one.faults, run);
  } catch (error) {
    const isGone = earlier !== undefined && (error as { code?: string }).code === "no-earlier-release";
    if (controller.signal.aborted || isGone) return undefined;
    throw error;
  }
}

/** Every release that is kept has all its assets where they are served and all its other contents where they are kept. */
async function expectKept(site: TestSite, index: SiteIndex): Promise<void> {
  const call = { signal: new AbortController().signal, subject: "test" };
  const served = new Map((await cloud.store(site.unit.bucket).list()).map((object) => [object.name, object]));
  const copies = new Set((await cloud.store(site.stack.environment.stateBucket).list()).map((object) => object.name));
  for (const { version, publishedAt, expired } of index.publications) {
    if (publishedAt === undefined || expired) continue;
    const manifest = await readManifest(site.target, "app", version, call);
    if (!manifest) throw new Error(`no manifest of ${version}`);
    for (const file of manifest.files)
      if (isKept(file)) expect(copies).toContain(copyName("app", file));
      else expect(served.get(file.path)?.crc32c, file.path).toBeDefined();
  }
}

async function expectServed(site: TestSite, { version }: UnitOutcome): Promise<void> {
  const call = { signal: new AbortController().signal, subject: "test" };
  const manifest: SiteManifest | undefined = await readManifest(site.target, "app", version, call);
  const objects = await cloud.store(site.unit.bucket).list();
  const wrong = comparedFiles(manifest?.files ?? [], objects).filter(({ verdict }) => verdict.kind !== "keep");
  expect(wrong.map(({ file, verdict }) => [file.path, verdict])).toEqual([]);
}

test(
  "whatever is released, taken back, interrupted and faulted: what is kept is whole, and the last one done is served",
  async () => {
    const keep = fc.record({ releases: fc.integer({ min: 1, max: 3 }), days: fc.constantFrom(0, 1) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 8 }),
        keep,
        remote,
        build,
        async (steps, kept, objects, last) => {
          const ends: (() => Promise<void>)[] = [];
          const site = await newSite(kept, (end) => ends.unshift(end));
          const store = cloud.store(site.unit.bucket);
          for (const [path, text] of objects)
            await store.put({ name: path, content: Buffer.from(text), headers: {}, ifGenerationMatch: "0" });
          const released: UnitOutcome[] = [];
          for (const one of [...steps, { kind: "release", files: last, stop: undefined, faults: [] } as const]) {
            const outcome = await perform(site, one, released);
            const { index } = await readIndex(site.target, "app", {
              signal: new AbortController().signal,
              subject: "test",
            });
            await expectKept(site, index);
            if (!outcome) continue;
            await expectServed(site, outcome);
            released.push(outcome);
          }
          expect((await site.plan()).noop).toBe(true);
          for (const end of ends) await end();
        },
      ),
      { numRuns },
    );
    expect(cloud.struck()).toBeGreaterThan(numRuns / 4);
  },
  60_000 + numRuns * 5000,
);
