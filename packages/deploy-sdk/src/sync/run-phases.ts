// Runs tasks in phases: within one, many at once, bounded by their number and by the bytes they hold; between two, a
// barrier. The first failure ends all that runs, and nothing of a later phase ever starts.
import { type ByteBudget, createByteBudget } from "./byte-budget.ts";

export type Limits = {
  /** Tasks at once. */
  readonly concurrency: number;
  /** Bytes held at once. */
  readonly bytesInFlight: number;
};

export type Task = {
  /** What it holds in memory while it runs. */
  readonly holdsBytes: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** @throws what the first failing task threw, or the signal's reason. */
export async function runPhases(
  phases: Iterable<Iterable<Task>>,
  { concurrency, bytesInFlight }: Limits,
  signal: AbortSignal,
): Promise<void> {
  const budget = createByteBudget(bytesInFlight);
  for (const tasks of phases) await runPhase(tasks, { concurrency, budget }, signal);
}

async function runPhase(
  tasks: Iterable<Task>,
  { concurrency, budget }: { readonly concurrency: number; readonly budget: ByteBudget },
  outer: AbortSignal,
): Promise<void> {
  outer.throwIfAborted();
  let first: { readonly error: unknown } | undefined;
  // A signal for each worker: adding a listener walks the list of those that are there, and one signal would have all.
  const workers: AbortController[] = [];
  const abortAll = (reason: unknown): void => {
    for (const worker of workers) worker.abort(reason);
  };
  const onOuterAbort = (): void => abortAll(outer.reason);
  outer.addEventListener("abort", onOuterAbort, { once: true });
  // One iterator for all of them: each takes the next task that nobody has.
  const queue = tasks[Symbol.iterator]();
  const working: Promise<void>[] = [];
  while (working.length < Math.max(1, concurrency)) {
    const task = queue.next();
    if (task.done) break;
    const worker = new AbortController();
    workers.push(worker);
    working.push(
      work(task.value, queue, budget, worker.signal).catch((error: unknown) => {
        first ??= { error };
        abortAll(error);
      }),
    );
  }
  await Promise.all(working);
  outer.removeEventListener("abort", onOuterAbort);
  outer.throwIfAborted();
  if (first) throw first.error;
}

async function work(first: Task, queue: Iterator<Task>, budget: ByteBudget, signal: AbortSignal): Promise<void> {
  for (let task: Task | undefined = first; task && !signal.aborted; task = nextOf(queue)) {
    const giveBack = await budget.take(task.holdsBytes, signal);
    try {
      signal.throwIfAborted();
      await task.run(signal);
    } finally {
      giveBack();
    }
  }
}

function nextOf(queue: Iterator<Task>): Task | undefined {
  const { value, done } = queue.next();
  return done ? undefined : value;
}
