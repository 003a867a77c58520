import type { Target } from "../target.ts";
import type { UnitDriver } from "../types.ts";
import { applyService, serviceOutcome } from "./apply-service.ts";
import { type ObservedService, observeService } from "./observe-service.ts";
import { planService, type ServiceSteps } from "./plan-service.ts";
import { verifyService } from "./verify-service.ts";

export const serviceDriver: UnitDriver<"service", Target, ObservedService, ServiceSteps> = {
  observe: observeService,
  plan: planService,
  apply: applyService,
  verify: verifyService,
  current: ({ steps }) => serviceOutcome(steps, steps.url),
};
