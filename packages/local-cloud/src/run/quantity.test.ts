import { expect, it } from "vitest";
import { parseCpu, parseDurationMs, parseMemory } from "./quantity.ts";

it.each([
  ["512Mi", 512 * 2 ** 20],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["500M", 500e6],
  ["1024", 1024],
  ["1Xi", undefined],
  ["-1Mi", undefined],
  ["", undefined],
])("memory %j is %j bytes", (text, bytes) => expect(parseMemory(text)).toBe(bytes));

it.each([
  ["1", 1],
  ["500m", 0.5],
  ["0.08", 0.08],
  ["one", undefined],
])("%j is %j processors", (text, cpus) => expect(parseCpu(text)).toBe(cpus));

it.each([
  ["300s", 300_000],
  ["1.5s", 1_500],
  ["5m", undefined],
])("%j is %j milliseconds", (text, ms) => expect(parseDurationMs(text)).toBe(ms));
