// Long-running operations: https://google.aip.dev/151. Kept, so that a client that polls may go on after a restart.
import { randomUUID } from "node:crypto";
import { takePage } from "../json/page.ts";
import { GoogleError } from "../server/google-error.ts";
import type { Collection, Store } from "../store/types.ts";

export type TypedMessage = { readonly "@type": string } & Readonly<Record<string, unknown>>;

export type OperationError = { readonly code: number; readonly message: string };

export type Operation = {
  /** `projects/P/locations/L/operations/ID` */
  readonly name: string;
  /** The resource as it was when the call was accepted. */
  readonly metadata: TypedMessage;
  readonly done: boolean;
  readonly error?: OperationError;
  readonly response?: TypedMessage;
};

/** What an unfinished operation waits for. */
export type OperationTarget = { readonly name: string; readonly generation: string };

type StoredOperation = Operation & { readonly target?: OperationTarget; readonly sequence: number };

export type Operations = {
  readonly create: (parent: string, metadata: TypedMessage, target: OperationTarget) => Operation;
  /** One that was over at once. */
  readonly createDone: (parent: string, metadata: TypedMessage, outcome: OperationOutcome) => Operation;
  /** Ends what waits for this generation of the target. */
  readonly finishExactly: (target: OperationTarget, outcome: OperationOutcome) => void;
  /** The same for all generations up to this one. */
  readonly finishUpTo: (target: OperationTarget, outcome: OperationOutcome) => void;
  readonly unfinished: () => readonly OperationTarget[];
  readonly get: (name: string) => Operation;
  readonly list: (
    parent: string,
    page: { readonly pageSize: unknown; readonly pageToken: unknown },
  ) => { readonly operations: readonly Operation[]; readonly nextPageToken: string };
  /** @throws {GoogleError} NOT_FOUND */
  readonly delete: (name: string) => void;
  /** The operation once it is done, or as it is when the time is over. */
  readonly wait: (name: string, timeoutMs: number, signal: AbortSignal) => Promise<Operation>;
};

export type OperationOutcome = { readonly response: TypedMessage } | { readonly error: OperationError };

/** Finished ones that are kept; the oldest go first. */
const keptOperations = 1_000;

const render = ({ target: _target, sequence: _sequence, ...operation }: StoredOperation): Operation => operation;

const prune = (stored: Collection<StoredOperation>): void => {
  if (stored.count() <= keptOperations) return;
  const finished = stored.list().filter(({ document }) => document.done);
  const oldest = finished.toSorted((a, b) => a.document.sequence - b.document.sequence);
  for (const { name } of oldest.slice(0, Math.max(0, finished.length - keptOperations / 2))) stored.delete(name);
};

export function createOperations(store: Store): Operations {
  const stored = store.collection<StoredOperation>("run.operations");
  const watchers = new Map<string, Set<() => void>>();

  const put = (operation: Omit<StoredOperation, "sequence">): Operation => {
    const sequence = stored.get(operation.name)?.sequence ?? store.next("run.operations");
    const document = { ...operation, sequence };
    stored.put(operation.name, document);
    if (operation.done) for (const wake of watchers.get(operation.name) ?? []) wake();
    return render(document);
  };
  const find = (name: string): StoredOperation => {
    const operation = stored.get(name);
    if (operation === undefined) throw new GoogleError("NOT_FOUND", `Operation '${name}' was not found.`);
    return operation;
  };
  /** Kept in memory as well: it is asked for after every change. */
  const pending = new Map(
    stored.list().flatMap(({ name, document: { done, target } }) => (done || !target ? [] : [[name, target] as const])),
  );
  const finish = (matches: (target: OperationTarget) => boolean, outcome: OperationOutcome): void => {
    for (const [name, target] of [...pending]) {
      if (!matches(target)) continue;
      pending.delete(name);
      const { target: _target, ...operation } = find(name);
      put({ ...operation, done: true, ...outcome });
    }
  };
  const newName = (parent: string): string => `${parent}/operations/${randomUUID()}`;
  const waitForEnd = (name: string, timeoutMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wakers = watchers.get(name) ?? new Set();
      watchers.set(name, wakers);
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        if (wakers.size === 0) watchers.delete(name);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      wakers.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });

  return {
    create: (parent, metadata, target) => {
      prune(stored);
      const operation = put({ name: newName(parent), metadata, done: false, target });
      pending.set(operation.name, target);
      return operation;
    },
    createDone: (parent, metadata, outcome) => put({ name: newName(parent), metadata, done: true, ...outcome }),
    finishExactly: ({ name, generation }, outcome) =>
      finish((own) => own.name === name && own.generation === generation, outcome),
    finishUpTo: ({ name, generation }, outcome) =>
      finish((own) => own.name === name && Number(own.generation) <= Number(generation), outcome),
    unfinished: () => [...pending.values()],
    get: (name) => render(find(name)),
    list: (parent, page) => {
      const all = stored.list({ prefix: `${parent}/operations/` }).map(({ document }) => render(document));
      const { items, nextPageToken } = takePage(all, ({ name }) => name, page, { size: 100, max: 1_000 });
      return { operations: items, nextPageToken };
    },
    delete: (name) => {
      find(name);
      pending.delete(name);
      stored.delete(name);
    },
    wait: async (name, timeoutMs, signal) => {
      if (!find(name).done && timeoutMs > 0) await waitForEnd(name, timeoutMs, signal);
      return render(find(name));
    },
  };
}
