import { describe, expect, test } from "vitest";
import type { Holder } from "./holder.ts";
import { judgeLock, type LockRequest, type LockState, leaseMs, left, renewed } from "./lock-state.ts";

const now = new Date("2026-11-21T10:00:00Z");
const later = (ms: number): Date => new Date(now.getTime() + ms);
const holder = (id: string): Holder => ({ id, name: `person-${id}`, host: "laptop", pid: 7, scope: undefined });
const request = (id: string, releaseId: string, overrides: Partial<LockRequest> = {}): LockRequest => ({
  releaseId,
  environment: "staging",
  holder: holder(id),
  now,
  isDead: () => false,
  ...overrides,
});
function taken(...requests: readonly LockRequest[]): LockState {
  let state: LockState | undefined;
  for (const each of requests) {
    const verdict = judgeLock(state, each);
    if (verdict.kind !== "take") throw new Error("the lock was not free");
    state = verdict.next;
  }
  if (!state) throw new Error("no request");
  return state;
}
const ids = (state: LockState | undefined): readonly string[] => state?.holders.map(({ id }) => id) ?? [];

describe("a lock", () => {
  test("that nobody holds is taken", () => {
    const verdict = judgeLock(undefined, request("a", "r1"));
    expect(verdict).toMatchObject({ kind: "take", from: undefined, next: { releaseId: "r1", environment: "staging" } });
  });

  test("of another release is held, and says by whom", () => {
    const verdict = judgeLock(taken(request("a", "r1")), request("b", "r2"));
    expect(verdict).toMatchObject({ kind: "held", holder: { name: "person-a" } });
  });

  test("of the same release is joined", () => {
    expect(ids(taken(request("a", "r1"), request("b", "r1")))).toEqual(["a", "b"]);
  });

  test("whose lease has ended is taken over, and says from whom", () => {
    const verdict = judgeLock(taken(request("a", "r1")), request("b", "r2", { now: later(leaseMs + 1) }));
    expect(verdict).toMatchObject({ kind: "take", from: { name: "person-a" }, next: { releaseId: "r2" } });
  });

  test("whose holder is known to be dead is taken over at once", () => {
    const dead = { isDead: ({ id }: { id: string }) => id === "a" };
    expect(judgeLock(taken(request("a", "r1")), request("b", "r2", dead)).kind).toBe("take");
  });

  test("is held while one process of a release lives, though another has died", () => {
    const state = taken(request("a", "r1"), request("b", "r1", { now: later(30_000) }));
    expect(judgeLock(state, request("c", "r2", { now: later(leaseMs + 1) })).kind).toBe("held");
    expect(judgeLock(state, request("c", "r2", { now: later(30_000 + leaseMs + 1) })).kind).toBe("take");
  });
});

test("renewing a lease leaves the others as they are", () => {
  const state = taken(request("a", "r1"), request("b", "r1"));
  const next = renewed(state, holder("a"), later(20_000));
  expect(next?.holders.map(({ expiresAt }) => Date.parse(expiresAt) - now.getTime())).toEqual([
    20_000 + leaseMs,
    leaseMs,
  ]);
});

test("a lease that somebody else has taken over cannot be renewed", () => {
  expect(renewed(taken(request("b", "r2")), holder("a"), now)).toBeUndefined();
  expect(renewed(undefined, holder("a"), now)).toBeUndefined();
});

test("the last to leave leaves nothing", () => {
  const both = taken(request("a", "r1"), request("b", "r1"));
  const one = left(both, request("a", "r1"));
  expect(ids(one)).toEqual(["b"]);
  expect(left(one as LockState, request("b", "r1"))).toBeUndefined();
});

test("leaving takes ended leases along", () => {
  const both = taken(request("a", "r1"), request("b", "r1", { now: later(50_000) }));
  expect(left(both, request("b", "r1", { now: later(leaseMs + 1) }))).toBeUndefined();
});
