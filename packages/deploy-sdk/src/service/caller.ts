// Who asks a service how it is. One that is not public lets in only who proves who it is, and not every caller can.
import type { GateResult } from "@slipway/health-client";
import { DeployError } from "../deploy-error.ts";
import type { Call, CallerHeaders, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import type { ServiceSteps } from "./plan-service.ts";

type Asked = Pick<ServiceSteps, "public" | "before">;

/** What is made by this release is not open to everybody yet. */
async function callerOf({ public: open, before }: Asked, url: string, target: Target): Promise<CallerHeaders> {
  if (open && before.length > 0) return { headers: {} };
  const caller = await target.callerHeaders(url);
  return open && caller.headers === undefined ? { headers: {} } : caller;
}

/**
 * What lets the gate into the service at its own address `url`; undefined: nothing does, and nothing has to.
 * @throws {DeployError} `credentials-missing` where the environment's gate is required
 */
export async function callerHeadersOf(
  steps: Asked,
  url: string,
  target: Target,
  { stack }: Pick<ReleaseContext, "stack">,
  call: Call,
): Promise<Readonly<Record<string, string>> | undefined> {
  const caller = await callerOf(steps, url, target);
  if (caller.headers === undefined && stack.environment.gate.required)
    throw unasked(caller, stack.environment.name, call);
  return caller.headers;
}

/** Before anything is touched: can the gate be passed at all? Where it cannot, and need not, says so. */
export async function prepareCaller(
  unit: string,
  steps: ServiceSteps,
  target: Target,
  context: Pick<ReleaseContext, "stack" | "emit">,
  call: Call,
): Promise<void> {
  if (steps.url === undefined) return;
  const caller = await callerOf(steps, steps.url, target);
  if (caller.headers !== undefined) return;
  const { name, gate } = context.stack.environment;
  if (gate.required) throw unasked(caller, name, call);
  const message = `the service is private, and its new revision gets traffic without having been asked how it is: ${caller.missing}`;
  context.emit({ type: "warning", unit, message, hint: caller.hint });
}

type Missing = Extract<CallerHeaders, { readonly missing: string }>;

const unasked = ({ missing, hint }: Missing, environment: string, { subject }: Call): DeployError =>
  new DeployError("credentials-missing", {
    subject,
    message: `it is private and must be asked how it is before it gets traffic, but ${missing}`,
    hint,
    details: [`or let ${environment} take revisions unasked: gate: { required: false } in stack.ts`],
  });

type Refused = Extract<GateResult, { outcome: "failed" }>;

/** Cloud Run's own answer to who may not call a private service; the service itself has not been asked. */
export const isTurnedAway = ({ last }: Refused): boolean =>
  last?.kind === "report" && [401, 403].includes(last.report.httpStatus) && last.report.revision === undefined;

export const turnedAway = (url: string, { last, probes }: Refused, { subject }: Call): DeployError =>
  new DeployError("permission-denied", {
    subject,
    message: `it could not be asked how it is: ${url} answers HTTP ${last?.kind === "report" ? last.report.httpStatus : ""} to this caller (${probes} probes)`,
    hint: "grant the caller roles/run.invoker on the service (provisioning grants it to the deployer); a new grant takes some minutes",
  });
