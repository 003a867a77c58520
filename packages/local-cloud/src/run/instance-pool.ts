// Keeps as many instances of one workload as its limits and its requests want, and hands them out. Requests wait while
// instances start; what crashes is started again, later each time it crashes soon.
import type { Instance, StartResult } from "./instance.ts";
import { AcquireError, type AcquireFailure, type Lease, RequestQueue } from "./request-queue.ts";

export type PoolLimits = {
  readonly min: number;
  readonly max: number;
  /** Requests at once an instance. */
  readonly concurrency: number;
};

export type PoolOptions = {
  readonly start: () => Instance;
  readonly limits: PoolLimits;
  /** An instance above the minimum that has had no request for so long is stopped. */
  readonly idleMs: number;
  /** How long a request waits for a busy pool: https://cloud.google.com/run/docs/about-concurrency */
  readonly queueMs?: number;
  readonly maxQueue?: number;
};

export type PoolCounts = {
  readonly ready: number;
  readonly starting: number;
  readonly inFlight: number;
  readonly waiting: number;
};

type Member = {
  readonly instance: Instance;
  readonly lost: AbortController;
  readonly sinceMs: number;
  state: "starting" | "ready" | "leaving";
  inFlight: number;
  idleTimer: NodeJS.Timeout | undefined;
  /** Called when the last request of an instance that leaves has ended. */
  onDrained: () => void;
};

const defaultQueueMs = 10_000;
const defaultMaxQueue = 1_000;
/** An instance that lived so long did not crash at its start. */
const stableMs = 60_000;
const maxBackoffMs = 60_000;
const queueCheckMs = 250;

/** 0 for the first, then 1 s, 2 s, 4 s … up to a minute. */
const backoffMs = (crashes: number): number => (crashes <= 1 ? 0 : Math.min(1000 * 2 ** (crashes - 2), maxBackoffMs));

export class InstancePool {
  readonly #options: PoolOptions;
  readonly #members = new Set<Member>();
  readonly #queue = new RequestQueue();
  #limits: PoolLimits;
  #closed = false;
  #crashes = 0;
  #notBeforeMs = 0;
  #lastFailure: AcquireFailure = { kind: "overloaded" };
  #retryTimer: NodeJS.Timeout | undefined;
  #queueTimer: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#scale();
  }

  get counts(): PoolCounts {
    return {
      ready: this.#inState("ready").length,
      starting: this.#inState("starting").length,
      inFlight: [...this.#members].reduce((sum, { inFlight }) => sum + inFlight, 0),
      waiting: this.#queue.length,
    };
  }

  /** An instance that is free now; undefined where a request has to wait. */
  tryAcquire(): Lease | undefined {
    const member = this.#queue.length === 0 && !this.#closed ? this.#freeMember() : undefined;
    return member && this.#lend(member);
  }

  /** Waits for an instance. Rejects with AcquireError, or with the signal's reason. */
  async acquire(signal: AbortSignal): Promise<Lease> {
    if (this.#closed || this.#limits.max === 0) throw new AcquireError({ kind: "closed" });
    const free = this.tryAcquire();
    if (free !== undefined) return free;
    if (this.#queue.length >= (this.#options.maxQueue ?? defaultMaxQueue))
      throw new AcquireError({ kind: "overloaded" });
    const lease = this.#queue.wait(signal);
    this.#watchQueue();
    this.#scale();
    return lease;
  }

  /** Starts an instance where none is, and says how that went. */
  warm(): Promise<StartResult> {
    if (this.#inState("ready").length > 0) return Promise.resolve({ ready: true });
    const member = this.#inState("starting")[0] ?? this.#add();
    return member.instance.started;
  }

  setLimits(limits: PoolLimits): void {
    this.#limits = limits;
    const extra = Math.max(0, this.#present() - limits.max);
    for (const member of this.#inState("ready").slice(0, extra)) this.#retire(member);
    this.#scale();
  }

  /** Kills an instance that is ready, as a fault. */
  killOne(): boolean {
    const [member] = this.#inState("ready");
    member?.instance.kill();
    return member !== undefined;
  }

  /** No more requests; instances end when theirs have, at the latest after `drainMs`. */
  async close(drainMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#queueTimer);
    this.#queue.refuseAll({ kind: "closed" });
    await Promise.all([...this.#members].map((member) => this.#drain(member, drainMs)));
  }

  #inState(state: Member["state"]): readonly Member[] {
    return [...this.#members].filter((member) => member.state === state);
  }

  #present(): number {
    return this.#members.size - this.#inState("leaving").length;
  }

  #freeMember(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (member.state !== "ready" || member.inFlight >= this.#limits.concurrency) continue;
      if (best === undefined || member.inFlight < best.inFlight) best = member;
    }
    return best;
  }

  #lend(member: Member): Lease {
    clearTimeout(member.idleTimer);
    member.inFlight += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      member.inFlight -= 1;
      this.#onReleased(member);
    };
    return { address: member.instance.address(), lost: member.lost.signal, release };
  }

  #onReleased(member: Member): void {
    this.#serveQueue();
    if (member.inFlight > 0) return;
    if (member.state === "ready") this.#noteIdle(member);
    else member.onDrained();
  }

  #serveQueue(): void {
    for (let member = this.#freeMember(); member && this.#queue.length > 0; member = this.#freeMember()) {
      this.#queue.giveNext(this.#lend(member));
    }
  }

  #noteIdle(member: Member): void {
    clearTimeout(member.idleTimer);
    member.idleTimer = setTimeout(() => {
      if (member.state !== "ready" || member.inFlight > 0) return;
      if (this.#present() > this.#limits.min) this.#retire(member);
      else this.#noteIdle(member);
    }, this.#options.idleMs).unref();
  }

  #retire(member: Member): void {
    void this.#drain(member, Number.POSITIVE_INFINITY);
  }

  /** Waits for the requests that an instance still has, then stops it. */
  async #drain(member: Member, drainMs: number): Promise<void> {
    member.state = "leaving";
    clearTimeout(member.idleTimer);
    if (member.inFlight > 0 && drainMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = drainMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, drainMs);
        member.onDrained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await member.instance.stop();
  }

  #add(): Member {
    const member: Member = {
      instance: this.#options.start(),
      lost: new AbortController(),
      sinceMs: performance.now(),
      state: "starting",
      inFlight: 0,
      idleTimer: undefined,
      onDrained: () => {},
    };
    this.#members.add(member);
    void member.instance.started.then((result) => this.#onStarted(member, result));
    void member.instance.ended.then(() => this.#onEnded(member));
    return member;
  }

  #onStarted(member: Member, result: StartResult): void {
    if (!result.ready) {
      this.#lastFailure = { kind: "start-failed", failure: result.failure };
      const alone = this.#inState("ready").length === 0 && this.#inState("starting").length <= 1;
      if (alone) this.#queue.refuseAll(this.#lastFailure);
    } else if (member.state === "starting") {
      member.state = "ready";
      this.#serveQueue();
      if (member.inFlight === 0) this.#noteIdle(member);
    }
  }

  #onEnded(member: Member): void {
    clearTimeout(member.idleTimer);
    this.#members.delete(member);
    member.lost.abort();
    member.onDrained();
    if (member.state === "leaving" || this.#closed) return;
    this.#crashes = performance.now() - member.sinceMs > stableMs ? 1 : this.#crashes + 1;
    this.#notBeforeMs = performance.now() + backoffMs(this.#crashes);
    this.#scale();
  }

  #wanted(): number {
    const ready = this.#inState("ready").length;
    const forQueue = this.#queue.length === 0 ? 0 : ready + Math.ceil(this.#queue.length / this.#limits.concurrency);
    return Math.min(this.#limits.max, Math.max(this.#limits.min, forQueue));
  }

  /** As many as are wanted, but not before the pause after a crash is over. */
  #scale(): void {
    clearTimeout(this.#retryTimer);
    const missing = this.#closed ? 0 : this.#wanted() - this.#present();
    if (missing <= 0) return;
    const pauseMs = this.#notBeforeMs - performance.now();
    if (pauseMs > 0) {
      this.#retryTimer = setTimeout(() => this.#scale(), pauseMs).unref();
      return;
    }
    for (let count = 0; count < missing; count++) this.#add();
  }

  /** A request that waits for a start waits for its end; one that waits for busy instances does so for `queueMs`. */
  #watchQueue(): void {
    if (this.#queueTimer !== undefined || this.#queue.length === 0) return;
    const queueMs = this.#options.queueMs ?? defaultQueueMs;
    this.#queueTimer = setTimeout(
      () => {
        this.#queueTimer = undefined;
        const busy: AcquireFailure = this.#inState("ready").length > 0 ? { kind: "overloaded" } : this.#lastFailure;
        if (this.#inState("starting").length === 0) this.#queue.refuseOlderThan(queueMs, busy);
        this.#watchQueue();
      },
      Math.min(queueMs, queueCheckMs),
    ).unref();
  }
}
