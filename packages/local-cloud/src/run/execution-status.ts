// Pure. Where an execution stands, by its tasks.
import { condition, failed, keepTransitions, reconciling, succeeded } from "./conditions.ts";
import type { CompletionStatus, Condition, Execution, Task } from "./model.ts";
import { shortName } from "./resource-names.ts";

export type TaskPhase = "pending" | "running" | "succeeded" | "failed" | "cancelled";

export const taskPhase = ({ conditions, startTime, completionTime }: Task): TaskPhase => {
  if (completionTime === undefined) return startTime === undefined ? "pending" : "running";
  const completed = conditions.find(({ type }) => type === "Completed");
  if (completed?.state === "CONDITION_SUCCEEDED") return "succeeded";
  return completed?.executionReason === "CANCELLED" ? "cancelled" : "failed";
};

const count = (tasks: readonly Task[], phase: TaskPhase): number =>
  tasks.filter((task) => taskPhase(task) === phase).length;

export const failureMessage = ({ name, taskCount, succeededCount }: Execution): string =>
  `Execution ${shortName(name)} has failed to complete, ${succeededCount}/${taskCount} tasks were a success.`;

const completedCondition = (execution: Execution, cancelled: boolean, now: Date): Condition => {
  const { taskCount, succeededCount, failedCount, cancelledCount } = execution;
  if (succeededCount + failedCount + cancelledCount < taskCount) return reconciling("Completed", now);
  if (succeededCount === taskCount)
    return { ...succeeded("Completed", now), message: "Execution completed successfully." };
  const executionReason = cancelled ? "CANCELLED" : "NON_ZERO_EXIT_CODE";
  return failed("Completed", now, { message: failureMessage(execution), executionReason });
};

/** @param cancelled did a client ask for its end? */
export function executionStatus(
  execution: Execution,
  tasks: readonly Task[],
  cancelled: boolean,
  now: Date,
): Execution {
  const counted: Execution = {
    ...execution,
    runningCount: count(tasks, "running"),
    succeededCount: count(tasks, "succeeded"),
    failedCount: count(tasks, "failed"),
    cancelledCount: count(tasks, "cancelled"),
    retriedCount: tasks.filter(({ retried }) => retried > 0).length,
  };
  const completed = completedCondition(counted, cancelled, now);
  const isOver = completed.state !== "CONDITION_RECONCILING";
  const begun = tasks.some(({ startTime }) => startTime !== undefined);
  const started = begun || isOver ? succeeded("Started", now) : condition("Started", "CONDITION_PENDING", now);
  const conditions = [completed, succeeded("ResourcesAvailable", now), started, succeeded("ContainerReady", now)];
  return {
    ...counted,
    reconciling: !isOver,
    updateTime: now.toISOString(),
    conditions: keepTransitions(conditions, execution.conditions),
    ...(begun && { startTime: execution.startTime ?? now.toISOString() }),
    ...(isOver && {
      completionTime: execution.completionTime ?? now.toISOString(),
      observedGeneration: execution.generation,
    }),
  };
}

export function completionStatus({ conditions, startTime }: Execution): CompletionStatus {
  const completed = conditions.find(({ type }) => type === "Completed");
  if (completed?.state === "CONDITION_SUCCEEDED") return "EXECUTION_SUCCEEDED";
  if (completed?.state === "CONDITION_FAILED")
    return completed.executionReason === "CANCELLED" ? "EXECUTION_CANCELLED" : "EXECUTION_FAILED";
  return startTime === undefined ? "EXECUTION_PENDING" : "EXECUTION_RUNNING";
}
