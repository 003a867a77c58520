import { countProgress, type Progress } from "../sync/count-progress.ts";
import type { DeployEvent } from "../types.ts";
import type { SiteSteps } from "./site-types.ts";

/** Often enough for a person, seldom enough not to be work. */
const everyMs = 100;

/** One step is one request that changes something. */
export function createSiteProgress(
  unit: string,
  { assets, copies, publish, patches }: SiteSteps,
  emit: (event: DeployEvent) => void,
  now: () => Date,
): Progress {
  const total = assets.length + copies.length + publish.length + patches.length;
  const bytesTotal = [...assets, ...copies].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let toldAt = 0;
  return countProgress((done, bytesDone) => {
    const at = now().getTime();
    if (at - toldAt < everyMs && done < total) return;
    toldAt = at;
    emit({ type: "progress", unit, label: "publish", done, total, bytesDone, bytesTotal });
  });
}
