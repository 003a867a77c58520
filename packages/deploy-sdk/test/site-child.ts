// A deploy as a process of its own, to be killed: `node site-child.ts <release|sync> <endpoint> <folder>`.
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget } from "../src/google/create-target.ts";
import { siteDriver } from "../src/site/site-driver.ts";
import { syncBucket } from "../src/sync/sync-bucket.ts";
import type { ReleaseContext } from "../src/types.ts";
import { resolveSiteStack, siteUnit } from "./site-stack.ts";

const [mode, endpoint = "", folder = ""] = process.argv.slice(2);
const { signal } = new AbortController();
const runtime = systemRuntime;
const stack = resolveSiteStack(endpoint, { keep: { releases: 3, days: 0 } });
const unit = siteUnit(stack);
const target = createTarget(stack, { signal, runtime });

async function release(): Promise<void> {
  const context: ReleaseContext = {
    ...{ stack, workspace: folder, runtime, signal, emit: () => {} },
    releaseId: `child-${process.pid}`,
    commit: { sha: "d".repeat(40), dirty: false },
  };
  const plan = siteDriver.plan(unit, await siteDriver.observe(unit, target, context), context);
  if (!plan.noop) await siteDriver.apply(plan, target, context);
}

if (mode === "release") await release();
else
  await syncBucket({
    folder,
    store: target.objects("synced", "bucket"),
    delete: true,
    compression: "gzip",
    headers: [{ glob: "*.html", cacheControl: "no-cache" }],
    now: runtime.now,
    signal,
  });
await target.close();
