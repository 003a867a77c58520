// Brings a revision up without traffic, asks it under its own address how it is, and only then gives it the traffic.
import type { GateResult } from "@slipway/health-client";
import { assertBuilt, bringUp, share } from "../container/bring-up.ts";
import { lastLines } from "../container/not-ready.ts";
import { type PutBack, putBackOnFailure } from "../container/put-back.ts";
import { candidateTag } from "../container/shares.ts";
import { DeployError } from "../deploy-error.ts";
import { type GateRequest, gateRefusal, passGate } from "../health/pass-gate.ts";
import type { Call, ServiceSpec, Target } from "../target.ts";
import type { ReleaseContext, UnitOutcome, UnitPlan } from "../types.ts";
import { callerHeadersOf, isTurnedAway, prepareCaller, turnedAway } from "./caller.ts";
import type { ServiceSteps } from "./plan-service.ts";

type ServicePlan = UnitPlan<"service", ServiceSteps>;

export async function applyService(plan: ServicePlan, target: Target, context: ReleaseContext): Promise<UnitOutcome> {
  const { unit, steps } = plan;
  const call: Call = { signal: context.signal, subject: serviceSubject(unit, context) };
  const step = (message: string): void => context.emit({ type: "step", unit, message });
  if (steps.action === "keep" || steps.action === "record") return serviceOutcome(steps, steps.url);
  assertBuilt(steps.spec.container.image, steps.imageUnit, call);
  await prepareCaller(unit, steps, target, context, call);
  await putBackOnFailure(putBackOf(plan, target, call), context, async () => {
    if (steps.action !== "share") {
      await bringUpCandidate(plan, target, context, call);
      step(`revision ${steps.revision} is ready`);
    }
    if (steps.tagged) {
      await passUnderTag(plan, target, context, call);
      step(`revision ${steps.revision} is well under its own address`);
    }
    await share({ name: steps.resource, shares: steps.after, workloads: target.services }, call);
    step(`revision ${steps.revision} has the traffic`);
  });
  const live = await target.services.get(steps.resource, call);
  return serviceOutcome(steps, live?.url);
}

export const putBackOf = ({ unit, steps }: ServicePlan, target: Target, call: Call): PutBack<ServiceSpec> => ({
  unit,
  steps,
  workloads: target.services,
  call,
});

export const serviceSubject = (unit: string, { stack }: Pick<ReleaseContext, "stack">): string =>
  `service "${unit}" in ${stack.environment.name}`;

/** Enough to bring it back: the revision while it exists, else one of the same spec. */
export const serviceOutcome = ({ revision, resource, spec }: ServiceSteps, url: string | undefined): UnitOutcome => ({
  version: revision,
  state: { resource, revision, spec },
  ...(url !== undefined && { url }),
});

const bringUpCandidate = (
  { steps }: ServicePlan,
  target: Target,
  { runtime }: ReleaseContext,
  call: Call,
): Promise<void> => {
  const candidate = { revision: steps.revision, percent: 0, ...(steps.tagged && { tag: candidateTag }) };
  const shares = steps.before.length > 0 ? [...steps.before, ...(steps.tagged ? [candidate] : [])] : undefined;
  return bringUp(
    { steps, workloads: target.services, target, kind: "service", shares, hint: serviceHint, runtime },
    call,
  );
};

const serviceHint = (reason: string): string | undefined =>
  reason === "HEALTH_CHECK_CONTAINER_ERROR"
    ? "it must listen on 0.0.0.0:$PORT within its startup time; what serves no requests belongs under `workers`, as a worker pool"
    : undefined;

async function passUnderTag(
  { unit, steps }: ServicePlan,
  target: Target,
  context: ReleaseContext,
  call: Call,
): Promise<void> {
  const { resource, revision } = steps;
  const tagged = { revision, percent: 0, tag: candidateTag };
  const current = await target.services.get(resource, call);
  const hasTag = current?.serving.some(({ tag, revision: of }) => tag === candidateTag && of === revision);
  if (!hasTag) await target.services.setShares({ name: resource, shares: [...steps.before, tagged] }, call);
  const live = hasTag ? current : await target.services.get(resource, call);
  const url = live?.serving.find(({ tag, revision: of }) => tag === candidateTag && of === revision)?.url;
  if (url === undefined)
    throw new DeployError("remote-failed", { subject: call.subject, message: `tag "${candidateTag}" got no address` });
  await passGateAt({ unit, steps, url, serviceUrl: live?.url, label: "candidate" }, target, context, call);
}

type Gated = {
  readonly unit: string;
  readonly steps: ServiceSteps;
  readonly url: string;
  /** What is asked, for a person. */
  readonly label: string;
};

export const gateRequest = (
  { unit, steps, url, label }: Gated,
  headers: GateRequest["headers"],
  gate: GateRequest["gate"],
  { emit }: Pick<ReleaseContext, "emit">,
): GateRequest => ({
  url: new URL(steps.health, url).href,
  headers,
  revision: steps.revision,
  gate,
  unit,
  label,
  emit,
});

/** @throws {DeployError} `unhealthy` */
export async function passGateAt(
  given: Gated & {
    /** The service's own address, which `url` need not be. */
    readonly serviceUrl: string | undefined;
  },
  target: Target,
  context: ReleaseContext,
  call: Call,
): Promise<void> {
  const { steps, url, serviceUrl = url } = given;
  const headers = await callerHeadersOf(steps, serviceUrl, target, context, call);
  if (headers === undefined) return;
  const request = gateRequest(given, headers, context.stack.environment.gate, context);
  const result = await passGate(request, call);
  if (result.outcome === "passed") return;
  if (!steps.public && isTurnedAway(result)) throw turnedAway(request.url, result, call);
  throw await unhealthy({ ...given, url: request.url, result }, target, context, call);
}

export async function unhealthy(
  { unit, steps, label, url, result }: Gated & { readonly result: Extract<GateResult, { outcome: "failed" }> },
  target: Target,
  { stack, runtime }: ReleaseContext,
  call: Call,
): Promise<DeployError> {
  const { revision, resource } = steps;
  return new DeployError("unhealthy", {
    subject: call.subject,
    message: `${label} ${url}: ${gateRefusal(result, revision)}`,
    hint: `pnpm logs ${unit} --env ${stack.environment.name}`,
    details: await lastLines(target, { kind: "service", name: resource, source: revision }, runtime, call),
  });
}
