// Pure. Where things are in the chart, in pixels.
import { latenciesOf, niceCeiling, segmentsOf } from "../monitor/latency.ts";
import type { Deployment, Sample } from "../monitor/monitor.ts";

export type ChartBox = {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly bottom: number;
  readonly top: number;
};

export type ChartGeometry = {
  /** SVG paths, one for each run of answers; a run of one answer is a dot instead. */
  readonly lines: readonly string[];
  readonly areas: readonly string[];
  readonly dots: readonly { readonly x: number; readonly y: number; readonly at: number }[];
  /** Probes without an answer. */
  readonly failures: readonly { readonly x: number; readonly at: number }[];
  readonly deployments: readonly { readonly x: number; readonly id: string }[];
  readonly gridlines: readonly { readonly y: number; readonly ms: number }[];
  readonly ticks: readonly { readonly x: number; readonly date: number }[];
};

/** Fewer minutes than this are not stretched over the whole width. */
const minSpanMs = 5 * 60_000;
const round = (value: number) => Math.round(value * 10) / 10;

const emptyGeometry: ChartGeometry = {
  lines: [],
  areas: [],
  dots: [],
  failures: [],
  deployments: [],
  gridlines: [],
  ticks: [],
};

/** Time runs to the latest sample at the right edge; latency from zero to a round number above the highest. */
export const chartGeometry = (
  samples: readonly Sample[],
  deployments: readonly Deployment[],
  box: ChartBox,
): ChartGeometry => {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || box.width <= box.left) return emptyGeometry;
  const spanMs = Math.max(minSpanMs, last.at - first.at);
  const ceiling = niceCeiling(Math.max(0, ...latenciesOf(samples)));
  const floor = box.height - box.bottom;
  const x = (at: number) => round(box.width - ((last.at - at) / spanMs) * (box.width - box.left));
  const y = (ms: number) => round(floor - (ms / ceiling) * (floor - box.top));
  const segments = segmentsOf(samples).map((segment) =>
    segment.map((sample) => ({ x: x(sample.at), y: y(sample.latencyMs ?? 0), at: sample.at })),
  );
  const runs = segments.filter((segment) => segment.length > 1);
  const line = (run: (typeof segments)[number]) => `M${run.map((point) => `${point.x} ${point.y}`).join("L")}`;
  return {
    lines: runs.map(line),
    areas: runs.map((run) => `${line(run)}L${run.at(-1)?.x} ${floor}L${run[0]?.x} ${floor}Z`),
    dots: segments.filter((segment) => segment.length === 1).flat(),
    failures: samples.filter(({ latencyMs }) => latencyMs === undefined).map(({ at }) => ({ x: x(at), at })),
    // The first one served before the page was opened.
    deployments: deployments
      .slice(0, -1)
      .filter(({ firstSeenAt }) => firstSeenAt >= first.at)
      .map(({ id, firstSeenAt }) => ({ id, x: x(firstSeenAt) })),
    gridlines: [0, 0.5, 1].map((part) => ({ y: y(part * ceiling), ms: part * ceiling })),
    ticks: [1, 0.5, 0].map((part) => ({ x: x(last.at - part * spanMs), date: last.date - part * spanMs })),
  };
};
