// Pure. What of a worker pool a client may say, what is filled in, and what is refused.
import { GoogleError } from "../server/google-error.ts";
import { refuseViolations } from "../server/proto-json.ts";
import { checkTemplate } from "./check-template.ts";
import type { WorkerPool } from "./model.ts";
import type { RevisionedDefinition } from "./revisioned-definition.ts";
import type { RevisionedKind } from "./revisioned-kind.ts";
import { checkLabels } from "./service-definition.ts";
import { fillWorkerPoolTemplate } from "./template-defaults.ts";
import { normalizeTraffic } from "./traffic.ts";
import { desiredInstances, splitToTarget, targetToSplit } from "./worker-pool-kind.ts";

const maxInstances = 100;

const checkScaling = (pool: WorkerPool): void => {
  if (pool.scaling?.scalingMode === "AUTOMATIC")
    throw new GoogleError("UNIMPLEMENTED", "The local cloud does not have worker_pool.scaling.scaling_mode AUTOMATIC.");
  const count = desiredInstances(pool);
  if (Number.isInteger(count) && count >= 0 && count <= maxInstances) return;
  const field = "worker_pool.scaling.manual_instance_count";
  refuseViolations([{ field, description: `${field}: must be between 0 and ${maxInstances}.` }]);
};

export const workerPoolDefinition = (kind: RevisionedKind<WorkerPool>): RevisionedDefinition<WorkerPool> => ({
  kind,
  label: "WORKERPOOL",
  settable: [
    "description",
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "launchStage",
    "template",
    "instanceSplits",
    "scaling",
  ],
  normalize: (pool, { project }) => ({
    ...pool,
    launchStage: pool.launchStage || "GA",
    template: fillWorkerPoolTemplate(pool.template ?? {}, project),
    instanceSplits: normalizeTraffic((pool.instanceSplits ?? []).map(splitToTarget)).map(targetToSplit),
    scaling: { ...pool.scaling, manualInstanceCount: desiredInstances(pool) },
  }),
  check: (pool) => {
    checkLabels(pool, "worker_pool");
    checkLabels(pool.template, "worker_pool.template");
    checkTemplate("workerPool", pool.template, "worker_pool.template");
    checkScaling(pool);
  },
  status: () => ({ instanceSplitStatuses: [] }),
  revision: ({ template: { vpcAccess } }) => (vpcAccess ? { vpcAccess } : {}),
});
