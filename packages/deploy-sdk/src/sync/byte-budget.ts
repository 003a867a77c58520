/** A share of something bounded. `take` waits its turn, first come first served; what it returns gives it back. */
export type ByteBudget = { readonly take: (bytes: number, signal: AbortSignal) => Promise<() => void> };

/** One that asks for more than there is gets all of it, once nobody else has any. */
export function createByteBudget(limitBytes: number): ByteBudget {
  let used = 0;
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  const release = (bytes: number): void => {
    used -= bytes;
    for (let next = waiting[0]; next && used + next.bytes <= limitBytes; next = waiting[0]) {
      waiting.shift();
      used += next.bytes;
      next.start();
    }
  };
  return {
    take: async (asked, signal) => {
      const bytes = Math.min(asked, limitBytes);
      if (waiting.length === 0 && used + bytes <= limitBytes) used += bytes;
      else await turn({ waiting, bytes, signal });
      return () => release(bytes);
    },
  };
}

const turn = (given: {
  readonly waiting: { readonly bytes: number; readonly start: () => void }[];
  readonly bytes: number;
  readonly signal: AbortSignal;
}): Promise<void> =>
  new Promise((resolve, reject) => {
    const { waiting, bytes, signal } = given;
    const leave = (): void => {
      const place = waiting.indexOf(entry);
      if (place >= 0) waiting.splice(place, 1);
      reject(signal.reason);
    };
    const entry = {
      bytes,
      start: () => {
        signal.removeEventListener("abort", leave);
        resolve();
      },
    };
    if (signal.aborted) reject(signal.reason);
    else {
      signal.addEventListener("abort", leave, { once: true });
      waiting.push(entry);
    }
  });
