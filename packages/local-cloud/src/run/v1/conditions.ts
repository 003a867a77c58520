// Pure. Conditions in Knative's words.
import type { JsonObject } from "../../json/json-object.ts";
import type { Condition } from "../model.ts";
import { compact } from "./read-fields.ts";

const statuses = {
  CONDITION_PENDING: "Unknown",
  CONDITION_RECONCILING: "Unknown",
  CONDITION_FAILED: "False",
  CONDITION_SUCCEEDED: "True",
} as const;

/** `HEALTH_CHECK_CONTAINER_ERROR` → `HealthCheckContainerError`. */
const reasonText = (reason: string): string =>
  reason
    .toLowerCase()
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

export const renderCondition = ({
  type,
  state,
  message,
  lastTransitionTime,
  severity,
  reason,
  revisionReason,
  executionReason,
}: Condition): JsonObject => {
  const why = reason ?? revisionReason ?? executionReason;
  return compact({
    ...{ type, status: statuses[state], lastTransitionTime },
    ...(why && { reason: reasonText(why) }),
    ...(message && { message }),
    ...(severity &&
      type !== "Ready" && { severity: severity === "ERROR" ? "Error" : severity === "WARNING" ? "Warning" : "Info" }),
  });
};

export const renderConditions = (conditions: readonly Condition[]): readonly JsonObject[] =>
  conditions.map(renderCondition);

type Observed = { readonly generation: string; readonly observedGeneration?: string; readonly reconciling?: boolean };

/** In v1 a failure counts as observed too: clients wait for it. */
export const observedGeneration = ({ generation, observedGeneration: observed = "0", reconciling }: Observed): number =>
  Number(reconciling ? observed : generation);
