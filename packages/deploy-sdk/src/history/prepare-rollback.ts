// Observes and plans a unit against the state that an earlier release recorded: the same drivers, another wish.
import type { ServiceUnit, SiteUnit, WorkerUnit } from "@slipway/config";
import { observeRevisions } from "../container/observe-revisions.ts";
import { planRevision } from "../container/plan-revision.ts";
import { DeployError } from "../deploy-error.ts";
import { type PreparedUnit, preparedOf, prepareWith } from "../engine/drivers.ts";
import { serviceSteps } from "../service/plan-service.ts";
import { serviceDriver } from "../service/service-driver.ts";
import { siteRollbackDriver } from "../site/site-driver.ts";
import type { Call, ServiceSpec, Target, WorkerSpec } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { workerDriver } from "../worker/worker-driver.ts";

type RecordedRevision<Spec> = { readonly revision: string; readonly spec: Spec };

export function prepareRollback(
  unit: ServiceUnit | WorkerUnit | SiteUnit,
  state: unknown,
  target: Target,
  context: ReleaseContext,
): Promise<PreparedUnit> {
  switch (unit.kind) {
    case "service":
      return prepareService(unit, state, target, context);
    case "worker":
      return prepareWorker(unit, state, target, context);
    case "site":
      return prepareWith(siteRollbackDriver(state))(unit, target, context);
  }
}

async function prepareService(
  unit: ServiceUnit,
  state: unknown,
  target: Target,
  context: ReleaseContext,
): Promise<PreparedUnit> {
  const call = callOf(unit, context);
  const { revision, spec } = recordedRevision<ServiceSpec>(state, call);
  const of = { unit: unit.name, resource: unit.resource, candidate: revision };
  const observed = await observeRevisions(of, target.services, target, context, call);
  const plan = planRevision({ kind: "service", ...planBase(unit), ...observed, wanted: spec }, context);
  return preparedOf(serviceDriver, { ...plan, steps: serviceSteps(unit, plan.steps) }, target);
}

async function prepareWorker(
  unit: WorkerUnit,
  state: unknown,
  target: Target,
  context: ReleaseContext,
): Promise<PreparedUnit> {
  const call = callOf(unit, context);
  const base = { kind: "worker", ...planBase(unit) } as const;
  if (unit.as === "service") {
    const { revision, spec } = recordedRevision<ServiceSpec>(state, call);
    const of = { unit: unit.name, resource: unit.resource, candidate: revision };
    const observed = await observeRevisions(of, target.services, target, context, call);
    const plan = planRevision({ ...base, ...observed, wanted: spec }, context);
    return preparedOf(workerDriver, { ...plan, steps: { as: "service", steps: plan.steps } }, target);
  }
  const { revision, spec } = recordedRevision<WorkerSpec>(state, call);
  const of = { unit: unit.name, resource: unit.resource, candidate: revision };
  const observed = await observeRevisions(of, target.workers, target, context, call);
  const plan = planRevision({ ...base, ...observed, wanted: spec }, context);
  return preparedOf(workerDriver, { ...plan, steps: { as: "worker-pool", steps: plan.steps } }, target);
}

const callOf = ({ kind, name }: ServiceUnit | WorkerUnit, { signal, stack }: ReleaseContext): Call => ({
  signal,
  subject: `${kind} "${name}" in ${stack.environment.name}`,
});

const planBase = ({ name, resource, container }: ServiceUnit | WorkerUnit) => ({
  unit: name,
  resource,
  imageUnit: container.image,
  volatile: [],
});

/** The records are ours, but may be of another version of this code. */
function recordedRevision<Spec>(state: unknown, { subject }: Call): RecordedRevision<Spec> {
  if (
    typeof state === "object" &&
    state !== null &&
    "revision" in state &&
    typeof state.revision === "string" &&
    "spec" in state &&
    typeof state.spec === "object" &&
    state.spec !== null &&
    "container" in state.spec
  )
    return { revision: state.revision, spec: state.spec as Spec };
  throw new DeployError("corrupt-state", {
    subject,
    message: "the record of that release does not say what ran",
    hint: "choose another release: pnpm history",
  });
}
