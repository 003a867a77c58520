// A deploy is done when the service answers as the new revision and is well; else the traffic goes back. It is asked at
// Google's address for it: that proves the service. Its own domain is asked then, and what is wrong with the way there is
// told, but takes no good revision back.
import { putBackOnFailure } from "../container/put-back.ts";
import { DeployError } from "../deploy-error.ts";
import { listRecords, newestReleased, readRecord } from "../engine/records.ts";
import { passGate } from "../health/pass-gate.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import { gateRequest, passGateAt, putBackOf, serviceSubject, unhealthy } from "./apply-service.ts";
import { type DomainVerdict, judgeDomain } from "./judge-domain.ts";
import type { ServiceSteps } from "./plan-service.ts";

type ServicePlan = UnitPlan<"service", ServiceSteps>;
type Verifying = {
  readonly plan: ServicePlan;
  readonly serviceUrl: string;
  readonly target: Target;
  readonly context: ReleaseContext;
  readonly call: Call;
};

export async function verifyService(
  plan: ServicePlan,
  outcome: UnitOutcome,
  target: Target,
  context: ReleaseContext,
): Promise<UnitOutcome> {
  const { unit, steps } = plan;
  const { url } = outcome;
  if (url === undefined) return outcome;
  const call: Call = { signal: context.signal, subject: serviceSubject(unit, context) };
  const verifying: Verifying = { plan, serviceUrl: url, target, context, call };
  const ask = async (): Promise<DomainVerdict | undefined> =>
    steps.domain === undefined ? undefined : askDomain(steps.domain, verifying);
  const verify = async (): Promise<DomainVerdict | undefined> => {
    await passGateAt({ unit, steps, url, serviceUrl: url, label: "public address" }, target, context, call);
    return ask();
  };
  // What serves already is only written down: there is nothing to put back.
  const verdict =
    steps.action === "record" ? await ask() : await putBackOnFailure(putBackOf(plan, target, call), context, verify);
  if (steps.domain === undefined || verdict === undefined) return outcome;
  if (verdict.leads === "here") return { ...outcome, url: `https://${steps.domain}` };
  await tellDetour(steps.domain, verdict, verifying);
  return outcome;
}

/** The service has just been found well: its domain needs no more patience than a cache or a proxy does. */
const domainMs = 20_000;

/**
 * Undefined for a private service: whoever has the domain by now would be given a token that opens the service.
 * @throws {DeployError} `unhealthy` where it leads here, and the service is not well there
 */
async function askDomain(
  domain: string,
  { plan: { unit, steps }, target, context, call }: Verifying,
): Promise<DomainVerdict | undefined> {
  if (!steps.public) return undefined;
  const { gate } = context.stack.environment;
  const given = { unit, steps, url: `https://${domain}`, label: "domain" };
  const request = gateRequest(given, {}, { ...gate, timeoutMs: Math.min(gate.timeoutMs, domainMs) }, context);
  const result = await passGate(request, call);
  const verdict = judgeDomain(result, steps);
  if (result.outcome === "failed" && "unwell" in verdict)
    throw await unhealthy({ unit, steps, label: "domain", url: request.url, result }, target, context, call);
  return verdict;
}

/**
 * What leads elsewhere is a warning until it has led here once, for a domain is often made after the service; from then on
 * nobody reaches the service by it, and the release has failed, though nothing would be won by taking it back.
 * @throws {DeployError} `unhealthy`, without anything having been put back
 */
async function tellDetour(
  domain: string,
  verdict: Exclude<DomainVerdict, { readonly leads: "here" }>,
  { plan: { unit, steps }, serviceUrl, target, context, call }: Verifying,
): Promise<void> {
  const { revision } = steps;
  const kept = `revision ${revision} is well at ${serviceUrl} and keeps the traffic`;
  if (verdict.leads === "to-another-revision")
    throw new DeployError("unhealthy", {
      subject: call.subject,
      message: `${domain} still answers as revision ${verdict.revision}; ${kept}`,
      hint: "does a cache stand in front of it, or is it mapped to the service of another region or project?",
    });
  const message = `${domain} does not lead here: ${verdict.what}; ${kept}`;
  if (await hasLedHere(domain, unit, target, call))
    throw new DeployError("unhealthy", { subject: call.subject, message, hint: verdict.hint });
  context.emit({ type: "warning", unit, message, hint: verdict.hint });
}

/** Was the newest release that succeeded verified at the domain? */
async function hasLedHere(domain: string, unit: string, target: Target, call: Call): Promise<boolean> {
  const newest = newestReleased(await listRecords(target.state, unit, call));
  const entry = newest && (await readRecord(target.state, newest.object, call));
  return entry?.status === "released" && entry.outcome.url === `https://${domain}`;
}
