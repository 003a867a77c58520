// Pure.
import type { WorkerUnit } from "@slipway/config";
import { planRevision, type RevisionSteps } from "../container/plan-revision.ts";
import type { ServiceSpec, WorkerSpec } from "../target.ts";
import type { ReleaseContext, UnitPlan } from "../types.ts";
import type { ObservedWorker } from "./observe-worker.ts";
import { workerPoolSpec, workerServiceSpec } from "./worker-spec.ts";

export type WorkerSteps =
  | { readonly as: "worker-pool"; readonly steps: RevisionSteps<WorkerSpec> }
  | { readonly as: "service"; readonly steps: RevisionSteps<ServiceSpec> };

export function planWorker(
  unit: WorkerUnit,
  observed: ObservedWorker,
  context: Pick<ReleaseContext, "releaseId" | "commit" | "force">,
): UnitPlan<"worker", WorkerSteps> {
  const { name, resource } = unit;
  const { wanted, as } = observed;
  const base = {
    kind: "worker",
    unit: name,
    resource,
    imageUnit: wanted.imageUnit,
    volatile: wanted.volatile,
  } as const;
  if (as === "service") {
    const plan = planRevision(
      { ...base, ...observed.revisions, wanted: workerServiceSpec(unit, wanted.spec) },
      context,
    );
    return { ...plan, steps: { as, steps: plan.steps } };
  }
  const plan = planRevision({ ...base, ...observed.revisions, wanted: workerPoolSpec(unit, wanted.spec) }, context);
  return { ...plan, steps: { as, steps: plan.steps } };
}
