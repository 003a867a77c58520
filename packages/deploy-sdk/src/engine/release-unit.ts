// One unit of a release: observe and plan; under the lock observe and plan again, apply, verify, record.
import type { Unit } from "@slipway/config";
import { abortedBy, DeployError } from "../deploy-error.ts";
import type { Call } from "../target.ts";
import type { DeployEvent, ReleaseContext, UnitOutcome, UnitResult } from "../types.ts";
import { cleanupSignal } from "./cleanup.ts";
import type { PreparedUnit } from "./drivers.ts";
import type { Holder } from "./holder.ts";
import { createJournal, type Journal } from "./journal.ts";
import { type ReleaseEntry, writeRecord } from "./records.ts";
import type { ReleaseLock } from "./release-lock.ts";
import type { ReleaseOptions } from "./release-types.ts";

export type UnitRun = Omit<ReleaseOptions, "drivers" | "units"> & {
  readonly holder: Holder;
  /** Observes and plans. */
  readonly prepare: (unit: Unit, context: ReleaseContext) => Promise<PreparedUnit>;
  readonly lock: ReleaseLock;
  readonly rollbackTo?: string;
};

export async function releaseUnit(unit: Unit, run: UnitRun, needed: readonly UnitResult[]): Promise<UnitResult> {
  const obstacle = needed.find(({ status }) => status === "failed" || status === "skipped");
  if (obstacle) return { unit: unit.name, status: "skipped", because: `"${obstacle.unit}" was not released` };
  if (run.signal.aborted) return { unit: unit.name, status: "skipped", because: "interrupted" };
  try {
    return await planAndApply(unit, run);
  } catch (error) {
    return { unit: unit.name, status: "failed", error: deployErrorOf(error, unit, run), rolledBack: false };
  }
}

async function planAndApply(unit: Unit, run: UnitRun): Promise<UnitResult> {
  const held = run.lock.held();
  const planned = await run.prepare(unit, contextOf(run, held?.signal ?? run.signal));
  run.emit({ type: "plan", unit: unit.name, changes: planned.plan.changes });
  if (planned.plan.noop) return unchanged(planned);
  if (run.mode === "plan") return { unit: unit.name, status: "planned", changes: planned.plan.changes };
  // An image is named by what is in it: pushing one changes nothing that serves, and another release may push the same.
  if (unit.kind === "image") return apply(unit, planned, run, run.signal);
  if (held) return apply(unit, planned, run, held.signal);
  const { signal } = await run.lock.take();
  const prepared = await run.prepare(unit, contextOf(run, signal));
  if (JSON.stringify(prepared.plan.changes) !== JSON.stringify(planned.plan.changes))
    run.emit({ type: "plan", unit: unit.name, changes: prepared.plan.changes });
  return prepared.plan.noop ? unchanged(prepared) : apply(unit, prepared, run, signal);
}

const contextOf = (
  { stack, workspace, releaseId, commit, runtime, emit, force }: UnitRun,
  signal: AbortSignal,
): ReleaseContext => ({
  stack,
  workspace,
  releaseId,
  commit,
  runtime,
  emit,
  signal,
  ...(force !== undefined && { force }),
});

function unchanged({ plan, current }: PreparedUnit): UnitResult {
  const { version, url } = current();
  return { unit: plan.unit, status: "unchanged", version, ...(url !== undefined && { url }) };
}

async function apply(unit: Unit, prepared: PreparedUnit, run: UnitRun, signal: AbortSignal): Promise<UnitResult> {
  const { runtime, emit } = run;
  const startedAt = runtime.now();
  const call = (): Call => ({
    signal: signal.aborted ? cleanupSignal() : signal,
    subject: `${unit.kind} "${unit.name}" in ${run.stack.environment.name}`,
  });
  const journal = createJournal({ ...run, state: run.target.state, unit: unit.name, call });
  const context = { ...contextOf(run, signal), emit: journalled(emit, journal) };
  emit({ type: "unit-start", unit: unit.name, kind: unit.kind });
  journal.note({ event: "started", changes: prepared.plan.changes });
  await journal.flush();
  const finish = async (result: UnitResult, entry: EntryEnd): Promise<UnitResult> => {
    await writeRecord(run.target.state, entryOf(unit, prepared, run, startedAt, entry), call());
    emit({ type: "unit-done", unit: unit.name, result });
    return result;
  };
  try {
    const outcome = await prepared.verify(await prepared.apply(context), context);
    journal.note({ event: "released", version: outcome.version });
    await journal.flush();
    return await finish(released(unit, outcome, runtime.now().getTime() - startedAt.getTime()), {
      status: "released",
      outcome,
    });
  } catch (thrown) {
    const error = deployErrorOf(thrown, unit, { ...run, signal });
    return fail(unit, error, journal, run, finish);
  }
}

/** What ends an entry: how it came out. */
type EntryEnd =
  | { readonly status: "released"; readonly outcome: UnitOutcome }
  | { readonly status: "failed"; readonly code: string; readonly message: string; readonly rolledBack: boolean };

async function fail(
  unit: Unit,
  error: DeployError,
  journal: Journal,
  { emit }: Pick<UnitRun, "emit">,
  finish: (result: UnitResult, entry: EntryEnd) => Promise<UnitResult>,
): Promise<UnitResult> {
  const { code, message, rolledBack } = error;
  const result: UnitResult = { unit: unit.name, status: "failed", error, rolledBack };
  try {
    journal.note({ event: "failed", code, message });
    await journal.flush();
    return await finish(result, { status: "failed", code, message, rolledBack });
  } catch (cause) {
    // What went wrong with the unit is what has to be told, not that nobody could write it down.
    emit({ type: "warning", unit: unit.name, message: `the failure is not in the record: ${String(cause)}` });
    emit({ type: "unit-done", unit: unit.name, result });
    return result;
  }
}

const released = (unit: Unit, { version, url }: UnitOutcome, tookMs: number): UnitResult => ({
  unit: unit.name,
  status: "released",
  version,
  ...(url !== undefined && { url }),
  tookMs,
});

const entryOf = (unit: Unit, { plan }: PreparedUnit, run: UnitRun, startedAt: Date, end: EntryEnd): ReleaseEntry => ({
  format: 1,
  releaseId: run.releaseId,
  environment: run.stack.environment.name,
  unit: unit.name,
  kind: unit.kind,
  commit: run.commit,
  by: run.holder.name,
  startedAt: startedAt.toISOString(),
  finishedAt: run.runtime.now().toISOString(),
  changes: plan.changes,
  ...(run.rollbackTo !== undefined && { rollbackTo: run.rollbackTo }),
  ...end,
});

/** Steps go to the journal as well as to the person who watches. */
const journalled =
  (emit: (event: DeployEvent) => void, journal: Journal) =>
  (event: DeployEvent): void => {
    if (event.type === "step") journal.note({ event: "step", message: event.message });
    emit(event);
  };

function deployErrorOf(error: unknown, unit: Unit, { signal, stack }: Pick<UnitRun, "signal" | "stack">): DeployError {
  const subject = `${unit.kind} "${unit.name}" in ${stack.environment.name}`;
  if (error instanceof DeployError) return error;
  if (signal.aborted) return abortedBy(signal, subject);
  throw error;
}
