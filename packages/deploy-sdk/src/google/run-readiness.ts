// Pure. Cloud Run's conditions, shares and labels in our words.
import type { Readiness, Share } from "../target.ts";
import { lastSegment } from "./run-container.ts";
import type { ConditionJson, ShareJson } from "./run-json.ts";

const undefinedReasons = new Set([
  undefined,
  "COMMON_REASON_UNDEFINED",
  "REVISION_REASON_UNDEFINED",
  "EXECUTION_REASON_UNDEFINED",
]);

export function readReadiness(condition: ConditionJson | undefined): Readiness {
  const message = condition?.message ?? "";
  switch (condition?.state) {
    case "CONDITION_SUCCEEDED":
      return { state: "ready" };
    case "CONDITION_FAILED": {
      const reasons = [condition.reason, condition.revisionReason, condition.executionReason];
      const reason = reasons.find((each) => !undefinedReasons.has(each)) ?? "UNKNOWN";
      return { state: "failed", reason, message };
    }
    default:
      return { state: "pending", message };
  }
}

export const readyCondition = (conditions: readonly ConditionJson[] | undefined): ConditionJson | undefined =>
  conditions?.find(({ type }) => type === "Ready");

/** Entries without a share and without a tag say nothing. */
export const readShares = (shares: readonly ShareJson[] | undefined): readonly Share[] =>
  (shares ?? [])
    .filter(({ percent, tag }) => (percent ?? 0) > 0 || tag)
    .map(({ type, revision, percent, tag, uri }) => ({
      revision: revision && !type?.endsWith("_LATEST") ? lastSegment(revision) : undefined,
      percent: percent ?? 0,
      ...(tag && { tag }),
      ...(uri && { url: uri }),
    }));

/** The form in which traffic and instance splits are asked for; they differ in their enum's prefix only. */
export const writeShares = (
  shares: readonly Share[],
  prefix: "TRAFFIC_TARGET" | "INSTANCE_SPLIT",
): readonly ShareJson[] =>
  shares.map(({ revision, percent, tag }) => ({
    type: `${prefix}_ALLOCATION_TYPE_${revision === undefined ? "LATEST" : "REVISION"}`,
    percent,
    ...(revision !== undefined && { revision }),
    ...(tag !== undefined && { tag }),
  }));
