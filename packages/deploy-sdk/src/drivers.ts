// Each kind of unit is loaded when there is one to release: a task of a run releases a single unit, in a process of its own.
import type { SiteUnit } from "@slipway/config";
import { type Drivers, type PreparedUnit, prepareWith } from "./engine/drivers.ts";
import { listRecords, newestReleased } from "./engine/records.ts";
import type { Target } from "./target.ts";
import type { ReleaseContext } from "./types.ts";

/** A site that is as it should be, but in no record (a run was killed in between), is recorded. */
async function prepareRecordedSite(unit: SiteUnit, target: Target, context: ReleaseContext): Promise<PreparedUnit> {
  const { siteDriver } = await import("./site/site-driver.ts");
  const call = { signal: context.signal, subject: `site "${unit.name}" in ${context.stack.environment.name}` };
  const [prepared, records] = await Promise.all([
    prepareWith(siteDriver)(unit, target, context),
    listRecords(target.state, unit.name, call),
  ]);
  if (!prepared.plan.noop) return prepared;
  const current = prepared.current();
  if (newestReleased(records)?.version === current.version) return prepared;
  const details = [`record: ${current.version.slice(0, 12)} serves already`];
  return {
    plan: { ...prepared.plan, noop: false, changes: [{ kind: "update", resource: `site ${unit.bucket}`, details }] },
    apply: async () => current,
    verify: async () => current,
    current: () => current,
  };
}

/** What releases each kind of unit. */
export const drivers: Drivers = {
  image: async (...given) => prepareWith((await import("./image/image-driver.ts")).imageDriver)(...given),
  job: async (...given) => prepareWith((await import("./job/job-driver.ts")).jobDriver)(...given),
  service: async (...given) => prepareWith((await import("./service/service-driver.ts")).serviceDriver)(...given),
  worker: async (...given) => prepareWith((await import("./worker/worker-driver.ts")).workerDriver)(...given),
  site: prepareRecordedSite,
};
