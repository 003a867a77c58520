import { expect, test } from "vitest";
import type { LiveWorkload, Share } from "../target.ts";
import { canBeTagged, describeShares, pinnedShares, sameShares, servesWhole, sharesFor } from "./shares.ts";

const live = (shares: readonly Share[], latestReady: string | undefined = "api-2"): LiveWorkload<object> => ({
  name: "api",
  generation: "3",
  spec: {},
  url: undefined,
  latestCreated: "api-3",
  latestReady,
  shares,
  serving: shares,
  readiness: { state: "ready" },
  settled: true,
  labels: {},
  updatedAt: undefined,
});
const newest: Share = { revision: undefined, percent: 100 };

test("pins what goes to the newest to the one that is the newest now", () => {
  expect(pinnedShares(live([newest]))).toEqual([{ revision: "api-2", percent: 100 }]);
  expect(pinnedShares({ ...live([newest]), latestReady: undefined })).toEqual([]);
});

test("pins everything to the newest where no shares are set, as Cloud Run's default is", () => {
  const tagged = { revision: "api-1", percent: 0, tag: "blue" };
  expect(pinnedShares(live([]))).toEqual([{ revision: "api-2", percent: 100 }]);
  expect(pinnedShares(live([tagged]))).toEqual([{ revision: "api-2", percent: 100 }, tagged]);
});

test("a trial's own tag is not pinned, the tags of others are", () => {
  const shares = [
    { revision: "api-1", percent: 100 },
    { revision: "api-2", percent: 0, tag: "next" },
    { revision: "api-1", percent: 0, tag: "blue" },
  ];
  expect(pinnedShares(live(shares))).toEqual([shares[0], shares[2]]);
  expect(sharesFor("api-2", live(shares))).toEqual([{ revision: "api-2", percent: 100 }, shares[2]]);
});

test("one revision serves whole, by name or as the newest", () => {
  expect(servesWhole(live([newest]))).toBe("api-2");
  expect(
    servesWhole(
      live([
        { revision: "api-2", percent: 40 },
        { revision: undefined, percent: 60 },
      ]),
    ),
  ).toBe("api-2");
  expect(
    servesWhole(
      live([
        { revision: "api-1", percent: 40 },
        { revision: "api-2", percent: 60 },
      ]),
    ),
  ).toBeUndefined();
  expect(servesWhole(live([]))).toBeUndefined();
});

test("shares are compared in any order, and without the addresses of tags", () => {
  const one: Share = { revision: "api-1", percent: 0, tag: "blue", url: "https://blue---api" };
  const { url: _, ...bare } = one;
  expect(sameShares([newest, one], [bare, newest])).toBe(true);
  expect(sameShares([newest], [{ ...newest, percent: 99 }])).toBe(false);
});

test("a name that leaves no room for a tag is not tagged", () => {
  expect(canBeTagged("a".repeat(42))).toBe(true);
  expect(canBeTagged("a".repeat(43))).toBe(false);
});

test("are told to a person", () => {
  expect(describeShares([newest, { revision: "api-1", percent: 0, tag: "blue" }])).toBe(
    "newest 100 %, api-1 0 % (tag blue)",
  );
  expect(describeShares([])).toBe("none");
});
