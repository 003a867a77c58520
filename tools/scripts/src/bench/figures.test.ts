import { expect, test } from "vitest";
import { figuresTable, median, summarise } from "./figures.mts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("a figure is told by its median and its spread, and a missed aim is marked", () => {
  const figures = [
    { key: "start", what: "start", kind: "ms", aim: { atMost: 3000 } },
    { key: "rate", what: "uploads", kind: "per second", aim: { atLeast: 1000 } },
    { key: "memory", what: "memory", kind: "bytes" },
  ] as const;
  const rounds = [
    { start: 2900, rate: 900, memory: 120e6 },
    { start: 3100, rate: 1100, memory: 130e6 },
    { start: 2000, rate: 800, memory: 110e6 },
  ];
  expect(figuresTable(summarise(figures, rounds)).split("\n").slice(2)).toEqual([
    "| start | ≤ 3.0 s | 2.9 s | 2.0 s – 3.1 s |",
    "| uploads | ≥ 1,000/s | 900/s (missed) | 800/s – 1,100/s |",
    "| memory | - | 120.0 MB | 110.0 MB – 130.0 MB |",
  ]);
});
