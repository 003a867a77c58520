/** What was asked of the cloud since it started, for tests that assert that nothing was written. */
export type CounterReport = {
  readonly requests: number;
  /** All of them by rpc, whatever their outcome; `unknown` for what has no route. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls of routes that change nothing, whatever their outcome. */
  readonly reads: number;
  /** Calls that changed something and succeeded. */
  readonly writes: {
    readonly total: number;
    readonly byService: Readonly<Record<string, { readonly total: number; readonly byRpc: Record<string, number> }>>;
  };
  /** Answers of 400 and above, and calls that an injected fault ended, by rpc; `unknown` for what has no route. */
  readonly errors: Readonly<Record<string, number>>;
};

export type Counters = {
  readonly count: (call: {
    readonly api: string;
    readonly rpc: string;
    readonly write: boolean;
    readonly status: number;
  }) => void;
  readonly report: () => CounterReport;
  readonly reset: () => void;
};

const increment = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((total, count) => total + count, 0);

export const createCounters = (): Counters => {
  let requests = 0;
  let reads = 0;
  const writes = new Map<string, Map<string, number>>();
  const calls = new Map<string, number>();
  const errors = new Map<string, number>();
  const writesOf = (api: string): Map<string, number> => {
    const counts = writes.get(api) ?? new Map<string, number>();
    writes.set(api, counts);
    return counts;
  };
  return {
    count: ({ api, rpc, write, status }) => {
      requests += 1;
      increment(calls, rpc);
      if (!write) reads += 1;
      if (status >= 400) increment(errors, rpc);
      else if (write) increment(writesOf(api), rpc);
    },
    report: () => ({
      requests,
      calls: Object.fromEntries(calls),
      reads,
      writes: {
        total: [...writes.values()].reduce((total, counts) => total + sum(counts), 0),
        byService: Object.fromEntries(
          [...writes].map(([api, counts]) => [api, { total: sum(counts), byRpc: Object.fromEntries(counts) }]),
        ),
      },
      errors: Object.fromEntries(errors),
    }),
    reset: () => {
      requests = 0;
      reads = 0;
      calls.clear();
      writes.clear();
      errors.clear();
    },
  };
};
