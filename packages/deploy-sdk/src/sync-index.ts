// What a bucket sync needs, and no more: with nothing to do it is over in little more than the start of its process. The
// whole package is index.ts.
export { DeployError } from "./deploy-error.ts";
export { systemRuntime } from "./engine/runtime.ts";
export { type OpenBucketOptions, openBucket } from "./google/object-store-open.ts";
export { type ApplySyncOptions, applySync, deletesError } from "./sync/apply-sync.ts";
export { createThrottle } from "./sync/bandwidth.ts";
export type { Compression } from "./sync/compression.ts";
export { showPath } from "./sync/file-problems.ts";
export type { HeaderRule } from "./sync/header-rules.ts";
export { type PlanSyncOptions, planSync } from "./sync/plan-sync.ts";
export { parseBucketAddress, type SyncBucketOptions, syncBucket } from "./sync/sync-bucket.ts";
export type { BucketAddress, SyncAction, SyncPlan, SyncProgress } from "./sync/sync-types.ts";
