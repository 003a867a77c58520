// Pure but for the collection. What makes a worker pool one: a fixed number of instances, split between revisions.
import type { Collection } from "../store/types.ts";
import type { InstanceSplit, TrafficTarget, TrafficTargetStatus, WorkerPool } from "./model.ts";
import type { RevisionedKind } from "./revisioned-kind.ts";
import { isLatest } from "./traffic.ts";

const defaultInstances = 1;

/** Splits and traffic targets say the same in different words. */
export const splitToTarget = ({ type, revision, percent }: InstanceSplit): TrafficTarget => ({
  type: type?.replace("INSTANCE_SPLIT_ALLOCATION", "TRAFFIC_TARGET_ALLOCATION") ?? "",
  ...(revision && { revision }),
  ...(percent && { percent }),
});

export const targetToSplit = (target: TrafficTarget): InstanceSplit => ({
  type: `INSTANCE_SPLIT_ALLOCATION_TYPE_${isLatest(target) ? "LATEST" : "REVISION"}`,
  ...(target.revision && { revision: target.revision }),
  ...(target.percent && { percent: target.percent }),
});

/** Never to zero by itself: https://cloud.google.com/run/docs/configuring/workerpools/manual-scaling */
export const desiredInstances = ({ scaling }: WorkerPool): number => scaling?.manualInstanceCount ?? defaultInstances;

/** A share of the pool's instances, at least one where it has any. */
const shareOfInstances = (pool: WorkerPool, percent: number): number =>
  Math.round((desiredInstances(pool) * percent) / 100);

export const workerPoolKind = (resources: Collection<WorkerPool>): RevisionedKind<WorkerPool> => ({
  resources,
  type: "google.cloud.run.v2.WorkerPool",
  targets: ({ instanceSplits }) => instanceSplits.map(splitToTarget),
  statuses: ({ instanceSplitStatuses }) => instanceSplitStatuses.map(splitToTarget) as readonly TrafficTargetStatus[],
  withStatuses: (pool, statuses) => ({ ...pool, instanceSplitStatuses: statuses.map(targetToSplit) }),
  uriOfTag: () => "",
  limits: (pool, _revision, { percent }) => {
    const count = shareOfInstances(pool, percent);
    return { min: count, max: count, concurrency: 1 };
  },
  skipsCheck: () => false,
  drainMs: () => 0,
  conditionTypes: [],
  onChanged: () => {},
  refresh: (pool) => pool,
});
