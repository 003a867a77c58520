export { DeployError, type DeployErrorCode, type ExitCode } from "./deploy-error.ts";
export { drivers } from "./drivers.ts";
export { readCommit } from "./engine/commit.ts";
export type { Drivers, PreparedUnit, PrepareUnit } from "./engine/drivers.ts";
export { createHolder, type Holder } from "./engine/holder.ts";
export { breakLock, type LockOptions, readLock } from "./engine/lock.ts";
export type { LockState } from "./engine/lock-state.ts";
export type { ReleaseEntry } from "./engine/records.ts";
export { release } from "./engine/release.ts";
export { createReleaseId, parseReleaseId } from "./engine/release-id.ts";
export type { ReleaseOptions, ReleaseReport } from "./engine/release-types.ts";
export { systemRuntime } from "./engine/runtime.ts";
export { createTarget, type GoogleTarget, type TargetOptions } from "./google/create-target.ts";
export { type Credentials, credentialsFor } from "./google/credentials.ts";
export { type OpenBucketOptions, openBucket } from "./google/object-store-open.ts";
export type { InspectOptions, ReleaseSummary, UnitStatus } from "./history/history-types.ts";
export { readHistory } from "./history/read-history.ts";
export { type ReadLogsOptions, readLogs } from "./history/read-logs.ts";
export { readStatus } from "./history/read-status.ts";
export { type RollbackOptions, rollback } from "./history/rollback.ts";
export { deployerAccount, type Grant, grantsOf } from "./provision/grants.ts";
export { type ProvisionOptions, provision } from "./provision/provision.ts";
export type { Problem, ProvisionReport } from "./provision/provision-types.ts";
export { type ListedSecret, listSecrets } from "./secret/list-secrets.ts";
export { parseSecretValue, SecretValue } from "./secret/secret-value.ts";
export { type SetSecretOptions, type SetSecretResult, setSecret } from "./secret/set-secret.ts";
export { applySite } from "./site/apply-site.ts";
export { observeSite, observeSiteRelease } from "./site/observe-site.ts";
export { planSite, type SitePlan } from "./site/plan-site.ts";
export { type SiteDriver, siteDriver, siteRollbackDriver } from "./site/site-driver.ts";
export type { SiteManifest, SiteObserved, SiteSteps } from "./site/site-types.ts";
export { verifySite } from "./site/verify-site.ts";
export { type ApplySyncOptions, applySync, deletesError } from "./sync/apply-sync.ts";
export { createThrottle } from "./sync/bandwidth.ts";
export type { Compression } from "./sync/compression.ts";
export type { HeaderRule } from "./sync/header-rules.ts";
export { type PlanSyncOptions, planSync } from "./sync/plan-sync.ts";
export { parseBucketAddress, type SyncBucketOptions, syncBucket } from "./sync/sync-bucket.ts";
export type { BucketAddress, SyncAction, SyncPlan, SyncProgress } from "./sync/sync-types.ts";
export type { LogLine, Readiness, Share, Target } from "./target.ts";
export type {
  Change,
  ChangeKind,
  Commit,
  DeployEvent,
  ReleaseContext,
  Runtime,
  UnitDriver,
  UnitOutcome,
  UnitPlan,
  UnitResult,
} from "./types.ts";
