// The lock of an environment: one document of its state, taken, renewed and left by writes that name the generation
// they were made against.
import { DeployError } from "../deploy-error.ts";
import type { Call, StateStore, Target } from "../target.ts";
import type { Runtime } from "../types.ts";
import { cleanupSignal } from "./cleanup.ts";
import { type Holder, isDead } from "./holder.ts";
import { isLockState, judgeLock, type LockState, leaseMs, left, renewed, renewMs } from "./lock-state.ts";

const lockName = "lock.json";
const contentionMs = 250;
const clockToleranceMs = 120_000;

export type AcquireOptions = {
  readonly state: StateStore;
  readonly environment: string;
  readonly releaseId: string;
  readonly holder: Holder;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
};

export type HeldLock = {
  /** Aborts with what the release is aborted by, and with a DeployError `locked` when the lock is lost. */
  readonly signal: AbortSignal;
  /** Whose lease had ended without having been given up: an earlier run that was killed. */
  readonly takenFrom: string | undefined;
  /** Never throws: a lease that could not be given up ends by itself. */
  readonly release: () => Promise<void>;
};

/** @throws {DeployError} `locked` while another release holds it; `usage` where this machine's clock is wrong */
export async function acquireLock(options: AcquireOptions): Promise<HeldLock> {
  const { state, runtime, signal, holder, releaseId, environment } = options;
  const call: Call = { signal, subject: lockSubject(environment) };
  for (;;) {
    const startedAt = runtime.now().getTime();
    const { value, generation, at: now } = await state.read(lockName, call);
    checkClock(runtime.now(), now);
    if (value !== undefined && !isLockState(value)) throw foreignLock(environment);
    const current = value;
    const dead = (lease: Holder): boolean => isDead(lease, holder);
    const verdict = judgeLock(current, { releaseId, environment, holder, now, isDead: dead });
    if (verdict.kind === "held") throw lockedBy(verdict.state, verdict.holder, now);
    const written = await state.write({ name: lockName, value: verdict.next, ifGeneration: generation }, call);
    if (written !== undefined) return hold(options, verdict.from?.name, startedAt + leaseMs);
    await runtime.sleep(contentionMs * (0.5 + runtime.random()), signal);
  }
}

/**
 * Releases are ordered by this machine's time, which is in their names. Of two machines whose clocks differ, one would
 * take the other's last release for a later one, and a rollback would go past it.
 */
function checkClock(now: Date, storeNow: Date): void {
  const aheadMs = now.getTime() - storeNow.getTime();
  if (Math.abs(aheadMs) <= clockToleranceMs) return;
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  throw new DeployError("usage", {
    subject: "the clock of this machine",
    message: `it is ${minutes} min ${aheadMs > 0 ? "ahead of" : "behind"} the environment's, and releases are ordered by it`,
    hint: "set it, as timedatectl set-ntp true does",
  });
}

/** Who wrote it may hold it: it is not for us to say that it is free. */
const foreignLock = (environment: string): DeployError =>
  new DeployError("corrupt-state", {
    subject: lockSubject(environment),
    message: "is not one that this version understands: a newer one may hold it",
    hint: `update, or, where nobody deploys: pnpm unlock --env ${environment}`,
  });

const lockSubject = (environment: string): string => `the lock of ${environment}`;

function lockedBy(state: LockState, holder: LockState["holders"][number], now: Date): DeployError {
  const leftS = Math.ceil((Date.parse(holder.expiresAt) - now.getTime()) / 1000);
  return new DeployError("locked", {
    subject: `environment "${state.environment}"`,
    message: `held by ${holder.name} on ${holder.host} (process ${holder.pid}) with release ${state.releaseId} since ${state.since}`,
    hint: `wait for it; if its process is gone, the lock is free in ${leftS} s, or now: pnpm unlock --env ${state.environment}`,
    retryable: true,
  });
}

/** @param endsAt when the lease does, by this machine's clock and at the earliest */
function hold(options: AcquireOptions, takenFrom: string | undefined, endsAt: number): HeldLock {
  const { signal, environment } = options;
  const lost = new AbortController();
  const stop = new AbortController();
  const renewing = renewUntil(stop.signal, endsAt, options, () => lost.abort(lostLock(environment)));
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    takenFrom,
    release: async () => {
      stop.abort();
      await renewing;
      if (!lost.signal.aborted) await leave(options);
    },
  };
}

const lostLock = (environment: string): DeployError =>
  new DeployError("locked", {
    subject: `environment "${environment}"`,
    message:
      "the lock was lost while the release was under way: it was broken by hand, or could not be renewed in time",
    hint: "see pnpm status, then deploy again: it goes on from what is done",
  });

/**
 * Renews the lease until `stop`; a lease that has not been renewed for its whole time is lost. It is given up no later than
 * others may take it: a renewal that hangs ends with the lease. Never throws.
 */
async function renewUntil(
  stop: AbortSignal,
  firstEnd: number,
  options: AcquireOptions,
  onLost: () => void,
): Promise<void> {
  const { runtime } = options;
  const now = (): number => runtime.now().getTime();
  let endsAt = firstEnd;
  while (!stop.aborted) {
    try {
      await runtime.sleep(Math.min(renewMs, Math.max(0, endsAt - now())), stop);
      const startedAt = now();
      const ended = AbortSignal.timeout(Math.max(0, endsAt - startedAt));
      if (!(await renew(options, AbortSignal.any([stop, ended])))) return onLost();
      endsAt = startedAt + leaseMs;
    } catch {
      if (!stop.aborted && now() >= endsAt) return onLost();
    }
  }
}

/** @returns false where the lease is no longer ours */
async function renew({ state, holder, environment }: AcquireOptions, signal: AbortSignal): Promise<boolean> {
  const call: Call = { signal, subject: lockSubject(environment) };
  for (;;) {
    const { value, generation, at } = await state.read(lockName, call);
    const next = renewed(isLockState(value) ? value : undefined, holder, at);
    if (!next) return false;
    if ((await state.write({ name: lockName, value: next, ifGeneration: generation }, call)) !== undefined) return true;
  }
}

async function leave({ state, holder, environment }: AcquireOptions): Promise<void> {
  const call: Call = { signal: cleanupSignal(), subject: lockSubject(environment) };
  try {
    for (;;) {
      const { value, generation, at: now } = await state.read(lockName, call);
      if (!isLockState(value) || !value.holders.some(({ id }) => id === holder.id)) return;
      const next = left(value, { holder, now, isDead: (lease) => isDead(lease, holder) });
      const done = next
        ? (await state.write({ name: lockName, value: next, ifGeneration: generation }, call)) !== undefined
        : await state.remove(lockName, generation, call);
      if (done) return;
    }
  } catch {
    // The lease ends by itself.
  }
}

export type LockOptions = {
  readonly target: Pick<Target, "state">;
  readonly environment: string;
  readonly signal: AbortSignal;
};

/** Who holds the environment now; undefined: nobody. A lease that has ended is still shown until somebody takes it over. */
export async function readLock({ target, environment, signal }: LockOptions): Promise<LockState | undefined> {
  const { value } = await target.state.read(lockName, { signal, subject: lockSubject(environment) });
  return isLockState(value) ? value : undefined;
}

/** Takes the lock away from whoever holds it, and returns who that was; undefined: nobody. Its release stops when it renews its lease, within 20 s. */
export async function breakLock({ target, environment, signal }: LockOptions): Promise<LockState | undefined> {
  const call: Call = { signal, subject: lockSubject(environment) };
  for (;;) {
    const { value, generation } = await target.state.read(lockName, call);
    if (generation === "0") return undefined;
    if (await target.state.remove(lockName, generation, call)) return isLockState(value) ? value : undefined;
  }
}
