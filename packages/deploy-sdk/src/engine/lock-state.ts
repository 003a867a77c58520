// Pure. One lock for each environment, held by a release: every process of that release has a lease of its own in it.
//
//     nobody has a lease that still runs   → free: take it, whatever stands there
//     the release is ours                  → join: add our lease to the others
//     else                                 → held
//
// A lease ends by the store's clock, or at once where its process is known to be dead.
import type { Holder } from "./holder.ts";

export const leaseMs = 60_000;
/** Cloud Storage allows about one write a second to an object: several processes of a release renew their leases in it. */
export const renewMs = 20_000;

export type Lease = Holder & {
  /** ISO 8601. */
  readonly since: string;
  readonly expiresAt: string;
};

/** The lock's document. */
export type LockState = {
  readonly format: 1;
  readonly releaseId: string;
  readonly environment: string;
  /** ISO 8601. */
  readonly since: string;
  readonly holders: readonly Lease[];
};

export const isLockState = (value: unknown): value is LockState =>
  typeof value === "object" &&
  value !== null &&
  "format" in value &&
  value.format === 1 &&
  "holders" in value &&
  Array.isArray(value.holders);

export type LockRequest = {
  readonly releaseId: string;
  readonly environment: string;
  readonly holder: Holder;
  /** The store's clock. */
  readonly now: Date;
  readonly isDead: (lease: Lease) => boolean;
};

export type LockVerdict =
  | { readonly kind: "take"; readonly next: LockState; readonly from: Lease | undefined }
  | { readonly kind: "held"; readonly state: LockState; readonly holder: Lease };

export function judgeLock(state: LockState | undefined, request: LockRequest): LockVerdict {
  const { releaseId, environment, now } = request;
  const leases = state ? runningLeases(state, request) : [];
  const mine = leaseOf(request);
  const [holder] = leases;
  if (state && holder && state.releaseId !== releaseId) return { kind: "held", state, holder };
  if (state && holder) return { kind: "take", next: { ...state, holders: [...leases, mine] }, from: undefined };
  const next: LockState = { format: 1, releaseId, environment, since: now.toISOString(), holders: [mine] };
  return { kind: "take", next, from: state?.holders[0] };
}

const runningLeases = (
  { holders }: LockState,
  { now, isDead }: Pick<LockRequest, "now" | "isDead">,
): readonly Lease[] => holders.filter((lease) => Date.parse(lease.expiresAt) > now.getTime() && !isDead(lease));

const leaseOf = ({ holder, now }: LockRequest): Lease => ({
  ...holder,
  since: now.toISOString(),
  expiresAt: new Date(now.getTime() + leaseMs).toISOString(),
});

/** With our lease running anew; undefined: it is no longer ours. */
export function renewed(state: LockState | undefined, holder: Holder, now: Date): LockState | undefined {
  if (!state?.holders.some(({ id }) => id === holder.id)) return undefined;
  const expiresAt = new Date(now.getTime() + leaseMs).toISOString();
  return {
    ...state,
    holders: state.holders.map((lease) => (lease.id === holder.id ? { ...lease, expiresAt } : lease)),
  };
}

/** Without our lease; undefined: nobody holds it then. */
export function left(state: LockState, request: Pick<LockRequest, "holder" | "now" | "isDead">): LockState | undefined {
  const holders = runningLeases(state, request).filter(({ id }) => id !== request.holder.id);
  return holders.length > 0 ? { ...state, holders } : undefined;
}
