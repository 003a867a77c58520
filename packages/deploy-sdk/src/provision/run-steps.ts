// Runs steps as soon as those before them are done, several at once. One failure stops what depends on it and nothing else.
import { DeployError } from "../deploy-error.ts";
import type { Step } from "./provision-types.ts";

export type StepOutcome = {
  readonly done: readonly string[];
  readonly failures: readonly { readonly resource: string; readonly error: DeployError }[];
  readonly skipped: readonly { readonly resource: string; readonly because: string }[];
};

export type RunSteps = {
  readonly steps: readonly Step[];
  /** Does one step, knowing what was made before it; false: it was there already. What it throws is a DeployError or a bug. */
  readonly perform: (step: Step, made: ReadonlySet<string>) => Promise<boolean>;
  readonly finished: (step: Step) => void;
  /** Ids of steps that this run has already done. */
  readonly before?: readonly string[];
  readonly signal: AbortSignal;
};

/** @throws what `perform` throws that is no DeployError, and the reason of an aborted signal. */
export async function runSteps({ steps, perform, finished, signal, before }: RunSteps): Promise<StepOutcome> {
  const made = new Set(before);
  const done: string[] = [];
  const failures: { resource: string; error: DeployError }[] = [];
  const skipped: { resource: string; because: string }[] = [];
  const running = new Map<string, Promise<boolean>>();
  const byId = new Map(steps.map((step) => [step.id, step]));

  const run = (step: Step): Promise<boolean> => {
    const earlier = step.after.flatMap((id) => {
      const other = byId.get(id);
      return other ? [{ id, ended: start(other) }] : [];
    });
    return (async () => {
      for (const { id, ended } of earlier) {
        if (await ended) continue;
        skipped.push({ resource: step.id, because: `${id} failed` });
        return false;
      }
      signal.throwIfAborted();
      try {
        if (await perform(step, made)) made.add(step.id);
      } catch (error) {
        if (!(error instanceof DeployError) || signal.aborted) throw error;
        failures.push({ resource: step.id, error });
        return false;
      }
      done.push(step.id);
      finished(step);
      return true;
    })();
  };
  const start = (step: Step): Promise<boolean> => {
    const known = running.get(step.id);
    if (known) return known;
    const started = run(step);
    running.set(step.id, started);
    return started;
  };

  const ended = await Promise.allSettled(steps.map(start));
  const broken = ended.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  return { done, failures, skipped };
}
