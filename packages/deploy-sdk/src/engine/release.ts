// The engine: every deploy is a release of one unit or of all of them.
import type { Unit } from "@slipway/config";
import { DeployError, type ExitCode } from "../deploy-error.ts";
import type { UnitResult } from "../types.ts";
import { prepareUnit } from "./drivers.ts";
import { createHolder } from "./holder.ts";
import { parseReleaseId } from "./release-id.ts";
import { createReleaseLock } from "./release-lock.ts";
import type { ReleaseOptions, ReleaseReport } from "./release-types.ts";
import { releaseUnit, type UnitRun } from "./release-unit.ts";
import { runGraph } from "./run-graph.ts";

/**
 * Puts units of a stack into its environment, each after those it needs, and says what came of each: a failed unit is a
 * result, not an exception. Without a difference nothing is written, not even the lock.
 * @throws {DeployError} `usage` for a unit that the stack does not have, `dirty-tree` where the environment forbids it
 */
export async function release(options: ReleaseOptions): Promise<ReleaseReport> {
  const { drivers, units, ...rest } = options;
  const selected = selectUnits(options.stack.units, units);
  assertClean(options);
  return releaseUnits(selected, {
    ...rest,
    prepare: (unit, context) => prepareUnit(drivers, unit, options.target, context),
  });
}

/** @throws {DeployError} `usage` */
export function selectUnits(all: readonly Unit[], names: readonly string[] | undefined): readonly Unit[] {
  const unknown = names?.find((name) => !all.some((unit) => unit.name === name));
  if (unknown === undefined) return all.filter(({ name }) => names?.includes(name) ?? true);
  throw new DeployError("usage", {
    subject: `unit "${unknown}"`,
    message: "the stack has no such unit",
    hint: `it has: ${all.map(({ name }) => name).join(", ")}`,
  });
}

function assertClean({ stack, commit, mode, emit }: ReleaseOptions): void {
  const { name, protected: isProtected } = stack.environment;
  if (!isProtected || !commit.dirty) return;
  const message = "the working tree has changes that no commit holds";
  if (mode === "plan") {
    emit({ type: "warning", message, hint: `commit them: ${name} refuses them` });
    return;
  }
  throw new DeployError("dirty-tree", {
    subject: `environment "${name}"`,
    message,
    hint: "git commit, or git stash, then run it again",
  });
}

/** A release of units that `prepare` observes and plans. */
export async function releaseUnits(
  selected: readonly Unit[],
  options: Omit<UnitRun, "lock" | "holder"> & Pick<ReleaseOptions, "holder">,
): Promise<ReleaseReport> {
  const { stack, mode, runtime, signal, target, emit } = options;
  const { name: environment } = stack.environment;
  const releaseId = parseReleaseId(options.releaseId);
  const startedAt = runtime.now().getTime();
  const holder = options.holder ?? createHolder();
  const lock = createReleaseLock({ state: target.state, environment, releaseId, holder, runtime, signal }, emit);
  try {
    const run: UnitRun = { ...options, holder, lock };
    const results = await runGraph(selected, (unit, needed: readonly UnitResult[]) => releaseUnit(unit, run, needed));
    return {
      releaseId,
      environment,
      mode,
      results,
      done: namesOf(results, "unchanged", "released"),
      notDone: namesOf(results, "failed", "skipped"),
      exitCode: exitCodeOf(results, signal),
      tookMs: runtime.now().getTime() - startedAt,
    };
  } finally {
    await lock.release();
  }
}

const namesOf = (results: readonly UnitResult[], ...statuses: readonly UnitResult["status"][]): readonly string[] =>
  results.filter(({ status }) => statuses.includes(status)).map(({ unit }) => unit);

/** That of the first unit that failed; an interruption is told as one whatever else it brought about. */
function exitCodeOf(results: readonly UnitResult[], signal: AbortSignal): ExitCode {
  const complete = results.every(({ status }) => status !== "failed" && status !== "skipped");
  if (complete) return 0;
  if (signal.aborted && !(signal.reason instanceof DeployError)) return 130;
  const failed = results.find((result) => result.status === "failed");
  return failed?.status === "failed" ? failed.error.exitCode : 130;
}
