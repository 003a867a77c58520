// Visits without a pause, while something else is done to what is visited.
import { setTimeout as pause } from "node:timers/promises";

export type Hammered = {
  /** What each visit saw, in order. */
  readonly seen: readonly string[];
  readonly failures: readonly string[];
};

export type Hammer = {
  /** Resolves when a visit that began later has seen `what`. */
  readonly sees: (what: string) => Promise<void>;
  readonly stop: () => Promise<Hammered>;
};

type HammerOptions = {
  /** Visitors at once. */
  readonly lanes: number;
  /** Time between two visits of one lane, for what limits its callers. */
  readonly everyMs?: number;
};

const seesMs = 30_000;

/** @param visit resolves with what it saw, and throws where that is a failure. */
export function hammer({ lanes, everyMs = 0 }: HammerOptions, visit: () => Promise<string>): Hammer {
  const seen: string[] = [];
  const failures: string[] = [];
  let stopped = false;
  let onSeen = (_what: string): void => {};
  const lane = async (): Promise<void> => {
    while (!stopped) {
      try {
        const what = await visit();
        seen.push(what);
        onSeen(what);
      } catch (error) {
        failures.push(String(error));
      }
      await pause(everyMs);
    }
  };
  const running = Array.from({ length: lanes }, lane);
  return {
    sees: (what) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no visit saw ${what} within ${seesMs} ms`)), seesMs);
        onSeen = (one) => {
          if (one !== what) return;
          clearTimeout(timer);
          resolve();
        };
      }),
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      return { seen, failures };
    },
  };
}
