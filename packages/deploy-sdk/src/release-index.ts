// What releasing needs, and no more: a task with nothing to do should cost little more than its process. The whole package
// is index.ts.
export { DeployError } from "./deploy-error.ts";
export { drivers } from "./drivers.ts";
export { readCommit } from "./engine/commit.ts";
export { release } from "./engine/release.ts";
export { createReleaseId, parseReleaseId } from "./engine/release-id.ts";
export type { ReleaseOptions, ReleaseReport } from "./engine/release-types.ts";
export { systemRuntime } from "./engine/runtime.ts";
export { createTarget, type GoogleTarget, type TargetOptions } from "./google/create-target.ts";
export type { Target } from "./target.ts";
export type { Commit, DeployEvent, Runtime, UnitResult } from "./types.ts";
