// A deploy is done when the public address answers as the new revision and is well; else the traffic goes back.
import { lookup } from "node:dns/promises";
import { putBackOnFailure } from "../container/put-back.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import { passGateAt, putBackOf, serviceSubject } from "./apply-service.ts";
import type { ServiceSteps } from "./plan-service.ts";

export async function verifyService(
  plan: UnitPlan<"service", ServiceSteps>,
  outcome: UnitOutcome,
  target: Target,
  context: ReleaseContext,
): Promise<void> {
  const { unit, steps } = plan;
  if (steps.action === "record") return;
  const call: Call = { signal: context.signal, subject: serviceSubject(unit, context) };
  await putBackOnFailure(putBackOf(plan, target, call), context, async () => {
    const url = await publicAddress(plan, outcome, context);
    const given = { unit, steps, serviceUrl: outcome.url, label: "public address" };
    if (url !== undefined) await passGateAt({ ...given, url }, target, context, call);
  });
}

/** The domain, once it leads anywhere: its DNS entry is made by hand, and often after the first deploy. */
async function publicAddress(
  { unit, steps: { domain } }: UnitPlan<"service", ServiceSteps>,
  { url }: UnitOutcome,
  { emit }: Pick<ReleaseContext, "emit">,
): Promise<string | undefined> {
  if (domain === undefined) return url;
  try {
    await lookup(domain);
    return `https://${domain}`;
  } catch {
    emit({
      type: "warning",
      unit,
      message: `${domain} does not resolve: verified at ${url ?? "no address"} instead`,
      hint: "make its DNS entry: docs/setup.md",
    });
    return url;
  }
}
