import type { Target } from "../target.ts";
import type { UnitDriver } from "../types.ts";
import { applyJob, jobOutcome } from "./apply-job.ts";
import { type ObservedJob, observeJob } from "./observe-job.ts";
import { type JobSteps, planJob } from "./plan-job.ts";

export const jobDriver: UnitDriver<"job", Target, ObservedJob, JobSteps> = {
  observe: observeJob,
  plan: planJob,
  apply: applyJob,
  /** That the execution has succeeded is its proof: `apply` has waited for it. */
  verify: async (_plan, outcome) => outcome,
  current: ({ steps }) => jobOutcome(steps, undefined),
};
