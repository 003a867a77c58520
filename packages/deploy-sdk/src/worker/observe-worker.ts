import type { WorkerUnit } from "@slipway/config";
import { observeContainer, subjectOf, type WantedContainer } from "../container/observe-container.ts";
import { type ObservedRevisions, observeRevisions } from "../container/observe-revisions.ts";
import type { ServiceSpec, Target, WorkerSpec } from "../target.ts";
import type { ReleaseContext } from "../types.ts";

export type ObservedWorker = { readonly wanted: WantedContainer } & (
  | { readonly as: "worker-pool"; readonly revisions: ObservedRevisions<WorkerSpec> }
  | { readonly as: "service"; readonly revisions: ObservedRevisions<ServiceSpec> }
);

export async function observeWorker(
  unit: WorkerUnit,
  target: Target,
  context: ReleaseContext,
): Promise<ObservedWorker> {
  const call = { signal: context.signal, subject: subjectOf(unit, context) };
  const of = { unit: unit.name, resource: unit.resource };
  const container = observeContainer(unit, target, context);
  if (unit.as === "service") {
    const [wanted, revisions] = await Promise.all([
      container,
      observeRevisions(of, target.services, target, context, call),
    ]);
    return { as: "service", wanted, revisions };
  }
  const [wanted, revisions] = await Promise.all([
    container,
    observeRevisions(of, target.workers, target, context, call),
  ]);
  return { as: "worker-pool", wanted, revisions };
}
