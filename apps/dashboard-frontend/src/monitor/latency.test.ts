import { expect, test } from "vitest";
import { answered, failed, monitorOf } from "../../test/monitor-events.ts";
import { latenciesOf, niceCeiling, percentile, segmentsOf } from "./latency.ts";

test("percentiles are by nearest rank", () => {
  const values = [50, 10, 40, 30, 20];
  expect([0, 20, 50, 95, 100].map((rank) => percentile(values, rank))).toEqual([10, 10, 30, 50, 50]);
  expect(percentile([], 50)).toBeUndefined();
});

test("a probe without an answer cuts the line", () => {
  const { samples } = monitorOf(answered(0), answered(1), failed(2, "timeout"), failed(3, "timeout"), answered(4));
  expect(segmentsOf(samples).map((segment) => segment.map(({ at }) => at))).toEqual([[0, 1], [4]]);
  expect(latenciesOf(samples)).toHaveLength(3);
});

test.each([
  [0, 10],
  [10, 10],
  [11, 20],
  [65, 80],
  [100, 100],
  [4_999, 5_000],
  [8_001, 10_000],
])("the axis for %d ms ends at %d", (value, expected) => {
  expect(niceCeiling(value)).toBe(expected);
});
