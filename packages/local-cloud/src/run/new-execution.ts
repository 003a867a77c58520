// Pure but for the names it makes up. An execution of a job and its tasks, before anything has run.
import { reconciling } from "./conditions.ts";
import { executionStatus } from "./execution-status.ts";
import type { Execution, ExecutionTemplate, Job, Task } from "./model.ts";
import { newFields } from "./resource-fields.ts";
import { executionName, parseResource, shortName } from "./resource-names.ts";

/** @param template the job's, with what overrides it for this execution */
export function newExecution(job: Job, template: ExecutionTemplate, principal: string, now: Date): Execution {
  const { labels, annotations, parallelism, taskCount = 1, template: task = {} } = template;
  const name = `${job.name}/executions/${executionName(parseResource(job.name).id)}`;
  const { lastModifier: _lastModifier, ...fields } = newFields(name, principal, now);
  const blank: Execution = {
    ...fields,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...{ job: job.name, taskCount, parallelism: parallelism || taskCount, template: task, conditions: [] },
    ...{ runningCount: 0, succeededCount: 0, failedCount: 0, cancelledCount: 0, retriedCount: 0 },
  };
  return executionStatus(blank, [], false, now);
}

export function newTask(execution: Execution, index: number, now: Date): Task {
  const name = `${execution.name}/tasks/${shortName(execution.name)}-task${index}`;
  const { lastModifier: _lastModifier, creator: _creator, ...fields } = newFields(name, "", now);
  const { containers, volumes, maxRetries = 0, timeout, serviceAccount } = execution.template;
  return {
    ...fields,
    ...{ job: execution.job, execution: execution.name, index, retried: 0, maxRetries },
    conditions: [reconciling("Completed", now)],
    ...(containers && { containers }),
    ...(volumes && { volumes }),
    ...(timeout && { timeout }),
    ...(serviceAccount && { serviceAccount }),
  };
}
