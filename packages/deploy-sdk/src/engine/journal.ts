// What a release did, as it did it: one object an entry, because Cloud Storage takes about one write a second to a name.
//
//     journal/<13 digits that fall with time>-<release id>/<time>-<unit>-<number>.json
import type { Call, StateStore } from "../target.ts";
import type { Change, Runtime } from "../types.ts";
import type { Holder } from "./holder.ts";
import { newestFirst } from "./release-id.ts";

export type JournalEntry = {
  readonly format: 1;
  /** ISO 8601. */
  readonly at: string;
  readonly releaseId: string;
  readonly unit: string;
  readonly by: string;
  /** Of the process that released the unit, on the machine of whoever did. */
  readonly pid: number;
} & (
  | { readonly event: "started"; readonly changes: readonly Change[] }
  | { readonly event: "step"; readonly message: string }
  | { readonly event: "released"; readonly version: string }
  | { readonly event: "failed"; readonly code: string; readonly message: string }
);

type JournalEvent = JournalEntry extends infer Entry
  ? Entry extends JournalEntry
    ? Omit<Entry, "format" | "at" | "releaseId" | "unit" | "by" | "pid">
    : never
  : never;

export type Journal = {
  /** Notes what happened; the entry is on its way when this returns. */
  readonly note: (event: JournalEvent) => void;
  /** Waits until all that was noted has been written. @throws what a write threw, once */
  readonly flush: () => Promise<void>;
};

export function createJournal(given: {
  readonly state: StateStore;
  readonly releaseId: string;
  readonly unit: string;
  readonly holder: Holder;
  readonly runtime: Runtime;
  /** Asked for every entry: after an interruption there is another one. */
  readonly call: () => Call;
}): Journal {
  const { state, releaseId, unit, holder, runtime, call } = given;
  let pending: Promise<unknown> = Promise.resolve();
  let number = 0;
  return {
    note: (event) => {
      const at = runtime.now().toISOString();
      number += 1;
      const name = `journal/${newestFirst(releaseId)}/${at}-${unit}-${holder.id.slice(0, 8)}-${number}.json`;
      const value: JournalEntry = { format: 1, at, releaseId, unit, by: holder.name, pid: holder.pid, ...event };
      const write = (): Promise<unknown> => state.write({ name, value, ifGeneration: "0" }, call());
      pending = pending.then(write);
      // Told by `flush`.
      pending.catch(() => {});
    },
    flush: async () => {
      const written = pending;
      pending = Promise.resolve();
      await written;
    },
  };
}
