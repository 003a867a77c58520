import { describe, expect, it } from "vitest";
import { createByteBudget } from "./byte-budget.ts";

const { signal } = new AbortController();
const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);

describe("createByteBudget", () => {
  it("lets through what fits and makes the rest wait, in order", async () => {
    const budget = createByteBudget(10);
    const giveBack = await budget.take(6, signal);
    await budget.take(4, signal);
    const large = budget.take(6, signal);
    const small = budget.take(1, signal);
    expect([await settled(large), await settled(small)]).toEqual([false, false]);
    giveBack();
    expect([await settled(large), await settled(small)]).toEqual([true, false]);
  });

  it("gives one that asks for more than there is all of it", async () => {
    const budget = createByteBudget(10);
    const giveBack = await budget.take(1000, signal);
    const next = budget.take(1, signal);
    expect(await settled(next)).toBe(false);
    giveBack();
    expect(await settled(next)).toBe(true);
  });

  it("ends the waiting of one that is aborted", async () => {
    const budget = createByteBudget(1);
    await budget.take(1, signal);
    const controller = new AbortController();
    const waiting = budget.take(1, controller.signal);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
  });
});
