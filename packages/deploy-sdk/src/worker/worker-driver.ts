import type { Target } from "../target.ts";
import type { UnitDriver } from "../types.ts";
import { applyWorker, verifyWorker, workerOutcome } from "./apply-worker.ts";
import { type ObservedWorker, observeWorker } from "./observe-worker.ts";
import { planWorker, type WorkerSteps } from "./plan-worker.ts";

export const workerDriver: UnitDriver<"worker", Target, ObservedWorker, WorkerSteps> = {
  observe: observeWorker,
  plan: planWorker,
  apply: applyWorker,
  verify: async (plan, outcome, target, context) => {
    await verifyWorker(plan, target, context);
    return outcome;
  },
  current: ({ steps }) => workerOutcome(steps.steps),
};
