// Waiting for what takes its time, in step with how long it has taken.
import { DeployError } from "../deploy-error.ts";
import type { Call } from "../target.ts";
import type { Runtime } from "../types.ts";

export type Wait = {
  readonly deadlineMs: number;
  /** Told now and then while it takes long. */
  readonly waiting?: (elapsedMs: number) => void;
};

/** A tenth of what has passed, so that little is waited for in vain and little is asked: 0.1 s at first, 5 s after a minute. */
export const pauseMs = (elapsedMs: number): number => Math.min(5000, Math.max(100, elapsedMs / 10));
/** How often a person hears of a wait. */
const tellEveryMs = 15_000;

/**
 * Asks until the answer is true.
 * @throws {DeployError} `timeout` past the deadline: what was waited for may still come.
 */
export async function pollUntil(
  ready: () => Promise<boolean>,
  { deadlineMs, waiting }: Wait,
  runtime: Runtime,
  { signal, subject }: Call,
): Promise<void> {
  const startedAt = runtime.now().getTime();
  let toldMs = 0;
  while (!(await ready())) {
    const elapsedMs = runtime.now().getTime() - startedAt;
    if (elapsedMs > deadlineMs)
      throw new DeployError("timeout", {
        subject,
        message: `not done after ${Math.round(deadlineMs / 60_000)} minutes; it may still be finished`,
        hint: "run pnpm provision again: it goes on from there",
        retryable: true,
      });
    if (elapsedMs - toldMs >= tellEveryMs) {
      toldMs = elapsedMs;
      waiting?.(elapsedMs);
    }
    await runtime.sleep(pauseMs(elapsedMs), signal);
  }
}

/** Does `work` again while what it fails with `passes` by itself, at most until the deadline; then that is thrown. */
export async function retryWhile<Result>(
  passes: (error: DeployError) => boolean,
  work: () => Promise<Result>,
  deadlineMs: number,
  runtime: Runtime,
  { signal }: Call,
): Promise<Result> {
  const startedAt = runtime.now().getTime();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const elapsedMs = runtime.now().getTime() - startedAt;
      if (!(error instanceof DeployError) || !passes(error) || elapsedMs > deadlineMs) throw error;
      await runtime.sleep(pauseMs(elapsedMs), signal);
    }
  }
}
