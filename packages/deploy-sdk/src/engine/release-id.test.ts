import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createReleaseId,
  isReleaseId,
  newestFirst,
  parseReleaseId,
  releaseTimeMs,
  shortReleaseId,
} from "./release-id.ts";

const idAt = (ms: number, random = 0.5): string => createReleaseId({ now: () => new Date(ms), random: () => random });
const instant = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2090, 0) });

test("tells a person when the release began", () => {
  expect(idAt(Date.UTC(2026, 10, 21, 10, 15, 30, 7), 0)).toBe("20261121T101530Z-0700");
});

test("keeps its time to the millisecond, and sorts by it", () => {
  fc.assert(
    fc.property(instant, instant, fc.double({ min: 0, max: 0.999, noNaN: true }), (a, b, random) => {
      expect(releaseTimeMs(idAt(a, random))).toBe(a);
      expect(Math.sign(releaseTimeMs(idAt(a)) - releaseTimeMs(idAt(b)))).toBe(Math.sign(a - b));
    }),
  );
});

test("names of records list the newest first", () => {
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      fc.pre(a !== b);
      expect(newestFirst(idAt(a)) < newestFirst(idAt(b))).toBe(a > b);
    }),
  );
});

test("its short form fits a revision's name", () => {
  fc.assert(
    fc.property(instant, (at) => {
      expect(shortReleaseId(idAt(at))).toMatch(/^[a-z0-9]{8,9}$/);
    }),
  );
});

test.each(["", "v1.2.3", "20261121T101530Z", "20261321T101530Z-aaaa", "20261121T101530Z-AAAA"])(
  "refuses %j",
  (text) => {
    expect(isReleaseId(text)).toBe(false);
    expect(() => parseReleaseId(text)).toThrowError(expect.objectContaining({ code: "usage" }));
  },
);
