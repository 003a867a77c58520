import { expect, it } from "vitest";
import { createThrottle } from "./bandwidth.ts";

it("spreads what is sent over time at the given rate", async () => {
  let time = 0;
  const sleep = async (ms: number): Promise<void> => {
    time += ms;
  };
  const throttle = createThrottle(1000, { now: () => new Date(time), sleep });
  const { signal } = new AbortController();
  for (let sent = 0; sent < 10; sent += 1) await throttle(500, signal);
  // The last of ten half-second pieces starts after nine of them.
  expect(time).toBe(4500);
});
