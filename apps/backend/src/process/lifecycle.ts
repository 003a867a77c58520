// From the first signal to the exit. Cloud Run sends SIGTERM and kills ten seconds later.
import { setTimeout as delay } from "node:timers/promises";

export const drainMs = 9000;

export type Lifecycle = {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Closers run one after another, the last added first, when the process is told to stop. */
  readonly onStop: (close: () => Promise<unknown>) => void;
  /** Closes everything and ends the process: for a command that is done. */
  readonly stop: (exitCode: number) => Promise<never>;
};

export type LifecycleOptions = {
  /** What the process exits with when SIGTERM has drained it: 0 for what serves, not for what was to finish. */
  readonly terminatedExitCode: number;
  readonly onEvent: (event: "stopping" | "drained" | "not-drained", detail: string) => void;
  readonly onCloseError: (error: unknown) => void;
};

/**
 * Takes SIGTERM and SIGINT over. The first one drains within `drainMs` and exits with `terminatedExitCode` (SIGTERM) or 130
 * (SIGINT), or with 1 when time ran out; a second one ends the process at once.
 */
export function createLifecycle({ terminatedExitCode, onEvent, onCloseError }: LifecycleOptions): Lifecycle {
  const controller = new AbortController();
  const closers: (() => Promise<unknown>)[] = [];

  const closeAll = async (): Promise<"drained"> => {
    for (const close of closers.splice(0).reverse()) await close().catch(onCloseError);
    return "drained";
  };
  const stop = async (exitCode: number): Promise<never> => {
    const outcome = await Promise.race([closeAll(), delay(drainMs, "not-drained" as const, { ref: false })]);
    if (controller.signal.aborted)
      onEvent(outcome, outcome === "drained" ? "everything is closed" : `still busy after ${drainMs} ms`);
    process.exit(outcome === "drained" ? exitCode : 1);
  };
  const receive = (name: NodeJS.Signals, number: number) => {
    if (controller.signal.aborted) process.exit(128 + number);
    onEvent("stopping", name);
    controller.abort(new Error(`received ${name}`));
    void stop(name === "SIGINT" ? 130 : terminatedExitCode);
  };
  process.on("SIGTERM", receive);
  process.on("SIGINT", receive);
  return { signal: controller.signal, onStop: (close) => closers.push(close), stop };
}
