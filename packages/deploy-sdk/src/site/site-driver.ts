// A site as a unit of a release: the same stages as every other unit.
import { DeployError } from "../deploy-error.ts";
import type { Target } from "../target.ts";
import type { UnitDriver } from "../types.ts";
import { applySite, outcomeOf } from "./apply-site.ts";
import { observeSite, observeSiteRelease } from "./observe-site.ts";
import { planSite } from "./plan-site.ts";
import type { SiteObserved, SiteState, SiteSteps } from "./site-types.ts";
import { verifySite } from "./verify-site.ts";

export type SiteDriver = UnitDriver<"site", Target, SiteObserved, SiteSteps>;

export const siteDriver: SiteDriver = {
  observe: observeSite,
  plan: planSite,
  apply: applySite,
  verify: async (plan, outcome, _target, context) => {
    await verifySite(plan, context);
    return outcome;
  },
  current: (plan) => outcomeOf(plan, liveRelease(plan.steps)),
};

/** The same stages towards a version that was released before; `state` is from that release's record. */
export function siteRollbackDriver(state: unknown): SiteDriver {
  const { version } = parseSiteState(state);
  return { ...siteDriver, observe: (unit, target, context) => observeSiteRelease(unit, version, target, context) };
}

const liveRelease = ({ publications }: SiteSteps): string =>
  publications.findLast(({ publishedAt, expired }) => publishedAt !== undefined && !expired)?.release ?? "";

function parseSiteState(state: unknown): SiteState {
  const { version, release } = (state ?? {}) as Partial<Record<keyof SiteState, unknown>>;
  if (typeof version === "string" && typeof release === "string") return { version, release };
  throw new DeployError("corrupt-state", {
    subject: "record of a site's release",
    message: "it does not say which version was released",
    hint: "roll back to another release",
  });
}
