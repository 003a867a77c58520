// A deploy as a process of its own, to be killed: `node site-child.ts <release|rollback|sync> <endpoint> <folder> [state]`,
// where `state` is that of the outcome to go back to, as JSON.
import { flushCompileCache } from "node:module";
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget } from "../src/google/create-target.ts";
import { siteDriver, siteRollbackDriver } from "../src/site/site-driver.ts";
import { syncBucket } from "../src/sync/sync-bucket.ts";
import type { ReleaseContext } from "../src/types.ts";
import { resolveSiteStack, siteUnit } from "./site-stack.ts";

// Otherwise written when the process ends by itself.
flushCompileCache();
const [mode, endpoint = "", folder = "", state = "{}"] = process.argv.slice(2);
const { signal } = new AbortController();
const runtime = systemRuntime;
const stack = resolveSiteStack(endpoint, { keep: { releases: 5, days: 0 } });
const unit = siteUnit(stack);
const target = createTarget(stack, { signal, runtime });

async function release(driver = siteDriver): Promise<void> {
  const context: ReleaseContext = {
    ...{ stack, workspace: folder, runtime, signal, emit: () => {} },
    releaseId: `child-${process.pid}`,
    commit: { sha: "d".repeat(40), dirty: false },
  };
  const plan = driver.plan(unit, await driver.observe(unit, target, context), context);
  if (!plan.noop) await driver.apply(plan, target, context);
}

if (mode === "release") await release();
else if (mode === "rollback") await release(siteRollbackDriver(JSON.parse(state)));
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
