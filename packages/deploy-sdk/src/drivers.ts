import type { SiteUnit } from "@slipway/config";
import { type Drivers, type PreparedUnit, prepareWith } from "./engine/drivers.ts";
import { listRecords, newestReleased } from "./engine/records.ts";
import { imageDriver } from "./image/image-driver.ts";
import { jobDriver } from "./job/job-driver.ts";
import { serviceDriver } from "./service/service-driver.ts";
import { siteDriver } from "./site/site-driver.ts";
import type { Target } from "./target.ts";
import type { ReleaseContext } from "./types.ts";
import { workerDriver } from "./worker/worker-driver.ts";

const prepareSite = prepareWith(siteDriver);

/** A site that is as it should be, but in no record (a run was killed in between), is recorded. */
async function prepareRecordedSite(unit: SiteUnit, target: Target, context: ReleaseContext): Promise<PreparedUnit> {
  const call = { signal: context.signal, subject: `site "${unit.name}" in ${context.stack.environment.name}` };
  const [prepared, records] = await Promise.all([
    prepareSite(unit, target, context),
    listRecords(target.state, unit.name, call),
  ]);
  if (!prepared.plan.noop) return prepared;
  const current = prepared.current();
  if (newestReleased(records)?.version === current.version) return prepared;
  const details = [`record: ${current.version.slice(0, 12)} serves already`];
  return {
    plan: { ...prepared.plan, noop: false, changes: [{ kind: "update", resource: `site ${unit.bucket}`, details }] },
    apply: async () => current,
    verify: async () => {},
    current: () => current,
  };
}

/** What releases each kind of unit. */
export const drivers: Drivers = {
  image: prepareWith(imageDriver),
  job: prepareWith(jobDriver),
  service: prepareWith(serviceDriver),
  worker: prepareWith(workerDriver),
  site: prepareRecordedSite,
};
