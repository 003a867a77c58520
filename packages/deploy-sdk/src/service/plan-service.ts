// Pure.
import type { ServiceUnit } from "@slipway/config";
import { planRevision, type RevisionSteps } from "../container/plan-revision.ts";
import { canBeTagged } from "../container/shares.ts";
import type { ServiceSpec } from "../target.ts";
import type { ReleaseContext, UnitPlan } from "../types.ts";
import type { ObservedService } from "./observe-service.ts";
import { serviceSpec } from "./service-spec.ts";

export type ServiceSteps = RevisionSteps<ServiceSpec> & {
  /** Tried under an address of its own before it gets traffic: not possible for what does not exist yet, or has too long a name. */
  readonly tagged: boolean;
  readonly public: boolean;
  /** Path that the gate asks. */
  readonly health: string;
  /** Public host name, where there is one. */
  readonly domain: string | undefined;
};

export function planService(
  unit: ServiceUnit,
  { wanted, ...observed }: ObservedService,
  context: Pick<ReleaseContext, "releaseId" | "commit" | "force">,
): UnitPlan<"service", ServiceSteps> {
  const { name, resource } = unit;
  const plan = planRevision(
    {
      kind: "service",
      unit: name,
      resource,
      imageUnit: wanted.imageUnit,
      wanted: serviceSpec(unit, wanted.spec),
      volatile: wanted.volatile,
      ...observed,
    },
    context,
  );
  return { ...plan, steps: serviceSteps(unit, plan.steps) };
}

export const serviceSteps = (unit: ServiceUnit, steps: RevisionSteps<ServiceSpec>): ServiceSteps => ({
  ...steps,
  tagged: steps.before.length > 0 && !steps.serves && canBeTagged(unit.resource),
  public: unit.public,
  health: unit.health,
  domain: unit.domain,
});
