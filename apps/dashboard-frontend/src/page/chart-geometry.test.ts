import { expect, test } from "vitest";
import { answered, failed, monitorOf } from "../../test/monitor-events.ts";
import { chartGeometry } from "./chart-geometry.ts";

const box = { width: 460, height: 120, left: 60, bottom: 20, top: 0 };

test("draws runs as lines, a lone answer as a dot and none as a failure", () => {
  const { samples, deployments } = monitorOf(
    answered(0, { latencyMs: 10 }),
    answered(100_000, { latencyMs: 20 }),
    failed(200_000, "timeout"),
    answered(400_000, { latencyMs: 5 }),
  );
  const chart = chartGeometry(samples, deployments, box);
  expect(chart.lines).toEqual(["M60 50L160 0"]);
  expect(chart.areas).toEqual(["M60 50L160 0L160 100L60 100Z"]);
  expect(chart.dots).toEqual([{ x: 460, y: 75, at: 400_000 }]);
  expect(chart.failures).toEqual([{ x: 260, at: 200_000 }]);
  expect(chart.gridlines.map(({ ms }) => ms)).toEqual([0, 10, 20]);
});

test("does not stretch the first minutes over the whole width", () => {
  const { samples } = monitorOf(answered(0), answered(15_000));
  expect(chartGeometry(samples, [], box).lines[0]).toMatch(/^M440 /);
});

test("marks a revision that appeared, not the one that was there", () => {
  const monitor = monitorOf(answered(0, { revision: "api-1" }), answered(300_000, { revision: "api-2" }));
  expect(chartGeometry(monitor.samples, monitor.deployments, box).deployments).toEqual([{ id: "api-2", x: 460 }]);
});

test("draws nothing of nothing", () => {
  expect(chartGeometry([], [], box)).toMatchObject({ lines: [], ticks: [], gridlines: [] });
  expect(chartGeometry(monitorOf(answered(0)).samples, [], { ...box, width: 0 }).lines).toEqual([]);
});
