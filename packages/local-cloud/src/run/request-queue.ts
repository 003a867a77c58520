// Requests that wait for an instance, first come first served.
import type { InstanceAddress } from "./instance.ts";
import type { StartFailure } from "./start-failure.ts";

/** An instance for one request. */
export type Lease = {
  readonly address: InstanceAddress;
  /** Aborted when the instance ends before the request does. */
  readonly lost: AbortSignal;
  readonly release: () => void;
};

export type AcquireFailure =
  /** All instances are busy, no more are allowed, and the queue is full or too slow. */
  | { readonly kind: "overloaded" }
  | { readonly kind: "start-failed"; readonly failure: StartFailure }
  | { readonly kind: "closed" };

export class AcquireError extends Error {
  override readonly name = "AcquireError";
  readonly failure: AcquireFailure;

  constructor(failure: AcquireFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

type Waiter = {
  readonly give: (lease: Lease) => void;
  readonly refuse: (error: Error) => void;
  readonly sinceMs: number;
};

export class RequestQueue {
  readonly #waiters: Waiter[] = [];

  get length(): number {
    return this.#waiters.length;
  }

  /** Rejects with AcquireError, or with the signal's reason. */
  wait(signal: AbortSignal): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        give: (lease) => {
          signal.removeEventListener("abort", leave);
          resolve(lease);
        },
        refuse: (error) => {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
        sinceMs: performance.now(),
      };
      signal.throwIfAborted();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
    });
  }

  giveNext(lease: Lease): void {
    this.#waiters.shift()?.give(lease);
  }

  refuseAll(failure: AcquireFailure): void {
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(new AcquireError(failure));
  }

  refuseOlderThan(ageMs: number, failure: AcquireFailure): void {
    const now = performance.now();
    while (this.#waiters[0] && now - this.#waiters[0].sinceMs >= ageMs) {
      this.#waiters.shift()?.refuse(new AcquireError(failure));
    }
  }
}
