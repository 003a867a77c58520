import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTraffic, normalizeTraffic, pickRevision, resolveTraffic, revisionShares } from "./traffic.ts";

const latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
const named = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

describe("traffic", () => {
  it("has one form: the type is said, names are short, nothing means the latest revision", () => {
    expect(normalizeTraffic([])).toEqual([{ type: latest, percent: 100 }]);
    expect(
      normalizeTraffic([{ revision: "projects/p/locations/l/services/s/revisions/s-1", percent: 100, tag: "" }]),
    ).toEqual([{ type: named, revision: "s-1", percent: 100 }]);
  });

  it("is resolved with the latest ready revision, and without the targets that have none", () => {
    const targets = [
      { type: latest, percent: 10 },
      { type: named, revision: "s-1", percent: 90, tag: "old" },
    ];
    const uri = (tag: string): string => `http://${tag}`;
    expect(resolveTraffic(targets, "s-2", uri)).toEqual([
      { type: latest, revision: "s-2", percent: 10 },
      { type: named, revision: "s-1", percent: 90, tag: "old", uri: "http://old" },
    ]);
    expect(resolveTraffic(targets, undefined, uri)).toHaveLength(1);
  });

  it("must add up to 100, with tags that can be part of a host name", () => {
    expect(() => checkTraffic([{ percent: 99 }], "api")).toThrow("must sum to 100, got 99");
    expect(() => checkTraffic([{ percent: 100, tag: "-x" }], "api")).toThrow("Traffic tag");
    expect(() => checkTraffic([{ percent: 100 }, { tag: "a" }], "api")).not.toThrow();
  });

  it("gives a revision its shares together, and every request a revision that has one", () => {
    const status = fc.record({
      type: fc.constant(named),
      revision: fc.constantFrom("a", "b", "c"),
      percent: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(
        fc.array(status, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (statuses, random) => {
          const shares = revisionShares(statuses as never);
          const total = statuses.reduce((sum, { percent }) => sum + percent, 0);
          expect(shares.reduce((sum, { percent }) => sum + percent, 0)).toBe(total);
          const picked = pickRevision(shares, random);
          expect(shares.some(({ revision }) => revision === picked)).toBe(total > 0);
        },
      ),
    );
  });

  it("is spread by the percentages", () => {
    const shares = [
      { revision: "a", percent: 25 },
      { revision: "b", percent: 75 },
    ];
    const picks = Array.from({ length: 100 }, (_, index) => pickRevision(shares, index / 100));
    expect(picks.filter((revision) => revision === "a")).toHaveLength(25);
  });
});
