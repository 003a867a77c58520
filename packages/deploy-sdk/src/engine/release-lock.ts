// The lock as one release sees it: taken when the first unit has something to change, once for all of them.
import type { DeployEvent } from "../types.ts";
import { type AcquireOptions, acquireLock, type HeldLock } from "./lock.ts";

export type ReleaseLock = {
  /** Takes it, or gives what was taken. @throws {DeployError} `locked` */
  readonly take: () => Promise<HeldLock>;
  /** undefined: not taken yet. */
  readonly held: () => HeldLock | undefined;
  /** Never throws. */
  readonly release: () => Promise<void>;
};

export function createReleaseLock(options: AcquireOptions, emit: (event: DeployEvent) => void): ReleaseLock {
  let held: HeldLock | undefined;
  let taking: Promise<HeldLock> | undefined;
  const acquire = async (): Promise<HeldLock> => {
    held = await acquireLock(options);
    const { takenFrom } = held;
    if (takenFrom !== undefined)
      emit({ type: "warning", message: `the lock of ${takenFrom}, whose lease has ended, was taken over` });
    return held;
  };
  return {
    take: () => {
      taking ??= acquire();
      return taking;
    },
    held: () => held,
    release: async () => {
      await taking?.catch(() => undefined);
      await held?.release();
    },
  };
}
