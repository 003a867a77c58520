// Makes what must exist before a release does, and tells what only a person can give. Destroys nothing.
import type { Stack } from "@slipway/config";
import { abortedBy, type DeployError, type ExitCode } from "../deploy-error.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import type { Change, DeployEvent, Runtime } from "../types.ts";
import { apisOf } from "./apis.ts";
import { openingMs, performStep } from "./apply-provision.ts";
import { observe, observeApis } from "./observe-provision.ts";
import { planApis, planProvision } from "./plan-provision.ts";
import { retryWhile } from "./polling.ts";
import type { Problem, ProvisionReport, Step } from "./provision-types.ts";
import { runSteps, type StepOutcome } from "./run-steps.ts";

export type ProvisionOptions = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  /** Absolute path of the workspace: its Node is in the placeholder image, its cache keeps the layers. */
  readonly workspace: string;
  readonly mode: "plan" | "apply";
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly emit: (event: DeployEvent) => void;
};

const unit = "provision";

/**
 * Run again, it plans nothing; cut short, it goes on where it was.
 * @throws {DeployError} when something cannot even be looked at. What could not be made is in the report.
 */
export async function provision(options: ProvisionOptions): Promise<ProvisionReport> {
  const { signal, stack } = options;
  try {
    return await provisionAll(options);
  } catch (error) {
    throw signal.aborted ? abortedBy(signal, `provisioning of ${stack.environment.name}`) : error;
  }
}

async function provisionAll(options: ProvisionOptions): Promise<ProvisionReport> {
  const { stack, mode, emit } = options;
  const needed = apisOf(stack);
  const enabled = await observeApis(options, needed);
  const apis = planApis(stack, enabled);
  if (mode === "plan") {
    const plan = planProvision(stack, await observe(options, enabled));
    const changes = [...apis.changes, ...plan.changes];
    tell(changes, plan.problems, emit);
    return { mode, changes, done: [], failures: [], skipped: [], problems: plan.problems, exitCode: 0 };
  }
  if (apis.steps.length > 0) emit({ type: "plan", unit, changes: apis.changes });
  const opened = await run(apis.steps, options);
  if (opened.failures.length > 0) return reportOf(options, apis.changes, opened, []);
  const plan = planProvision(stack, await observeOpened(options, needed, opened.done.length > 0));
  tell(plan.changes, plan.problems, emit);
  const outcome = await run(plan.steps, options, opened.done);
  return reportOf(options, [...apis.changes, ...plan.changes], joined(opened, outcome), plan.problems);
}

/** Everything, once the APIs answer: `just` after they were enabled they may refuse for some minutes more. */
function observeOpened(options: ProvisionOptions, apis: readonly string[], just: boolean): ReturnType<typeof observe> {
  const { stack, runtime, signal } = options;
  const isOpening = ({ code }: DeployError): boolean => just && code === "not-provisioned";
  const call = { signal, subject: `APIs of project ${stack.environment.project}` };
  return retryWhile(isOpening, () => observe(options, new Set(apis)), openingMs, runtime, call);
}

async function run(
  steps: readonly Step[],
  options: ProvisionOptions,
  before: readonly string[] = [],
): Promise<StepOutcome> {
  const { emit, signal } = options;
  let done = 0;
  const outcome = await runSteps({
    steps,
    signal,
    before,
    perform: (step, made) => performStep(step, { ...options, made }),
    finished: ({ id, change }) => {
      done += 1;
      emit({ type: "step", unit, message: `${change.kind === "create" ? "created" : "updated"} ${id}` });
      emit({ type: "progress", unit, label: "resources", done, total: steps.length });
    },
  });
  for (const { error } of outcome.failures)
    emit({
      type: "warning",
      unit,
      message: [`${error.subject}: ${error.message} [${error.code}]`, ...error.details].join("\n"),
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  return outcome;
}

function tell(changes: readonly Change[], problems: readonly Problem[], emit: ProvisionOptions["emit"]): void {
  const changed = changes.filter(({ kind }) => kind !== "keep");
  const nothing: Change = {
    kind: "keep",
    resource: `all that the stack needs (${changes.length} resources)`,
    details: [],
  };
  emit({ type: "plan", unit, changes: changed.length > 0 ? changed : [nothing] });
  for (const { subject, message, hint } of problems)
    emit({ type: "warning", unit, message: `${subject}: ${message}`, hint });
}

const joined = (a: StepOutcome, b: StepOutcome): StepOutcome => ({
  done: [...a.done, ...b.done],
  failures: [...a.failures, ...b.failures],
  skipped: [...a.skipped, ...b.skipped],
});

const reportOf = (
  { mode }: ProvisionOptions,
  changes: readonly Change[],
  outcome: StepOutcome,
  problems: readonly Problem[],
): ProvisionReport => ({ mode, changes, ...outcome, problems, exitCode: exitCodeOf(outcome, problems) });

function exitCodeOf({ failures: [first] }: StepOutcome, problems: readonly Problem[]): ExitCode {
  if (first) return first.error.exitCode;
  return problems.some(({ severity }) => severity === "required") ? 2 : 0;
}
