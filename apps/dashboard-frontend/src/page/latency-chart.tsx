import { useLayoutEffect, useRef, useState } from "react";
import { latenciesOf, percentile } from "../monitor/latency.ts";
import type { Deployment, Sample } from "../monitor/monitor.ts";
import { useLocale } from "../preferences/locale.tsx";
import { chartGeometry } from "./chart-geometry.ts";

const height = 190;
const margins = { height, left: 56, bottom: 24, top: 18 };

/** The element's width, measured: text in a stretched SVG would be stretched too. */
const useWidth = () => {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    setWidth(target.clientWidth);
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return { element, width };
};

type ChartProps = { readonly samples: readonly Sample[]; readonly deployments: readonly Deployment[] };

const useSummary = (samples: readonly Sample[]): string => {
  const { texts, latency } = useLocale();
  const values = latenciesOf(samples);
  const ranked = (rank: number) => {
    const value = percentile(values, rank);
    return value === undefined ? "—" : latency(value);
  };
  return texts.chartSummary({
    count: samples.length,
    failed: samples.length - values.length,
    p50: ranked(50),
    p95: ranked(95),
  });
};

const anchors = ["start", "middle", "end"] as const;

/** A line of the page's own samples, cut where a probe had no answer (✕), with a mark (▼) where a new revision appeared. */
export const LatencyChart = ({ samples, deployments }: ChartProps) => {
  const { texts, latency, clock } = useLocale();
  const { element, width } = useWidth();
  const chart = chartGeometry(samples, deployments, { ...margins, width: Math.max(0, width - 6) });
  const floor = height - margins.bottom;
  return (
    <div className="chart" ref={element}>
      <svg width={width} height={height} role="img" aria-label={useSummary(samples)}>
        {chart.gridlines.map(({ y, ms }) => (
          <g key={ms}>
            <line className="grid" x1={margins.left} x2={width} y1={y} y2={y} />
            <text x={margins.left - 8} y={y + 4} textAnchor="end">
              {latency(ms)}
            </text>
          </g>
        ))}
        {chart.ticks.map(({ x, date }, index) => (
          <text key={anchors[index]} x={x} y={height - 6} textAnchor={anchors[index]}>
            {clock(date)}
          </text>
        ))}
        {chart.areas.map((path) => (
          <path key={path} className="area" d={path} />
        ))}
        {chart.lines.map((path) => (
          <path key={path} className="line" d={path} />
        ))}
        {chart.dots.map(({ x, y, at }) => (
          <circle key={at} className="dot" cx={x} cy={y} r={3.5} />
        ))}
        {chart.failures.map(({ x, at }) => (
          <path key={at} className="failure" d={`M${x - 3.5} ${floor - 10}l7 7m0-7l-7 7`} />
        ))}
        {chart.deployments.map(({ x, id }) => (
          <g key={id} className="deployment">
            <title>{texts.deployed(id)}</title>
            <line x1={x} x2={x} y1={margins.top - 4} y2={floor} />
            <path d={`M${x - 5} ${margins.top - 12}h10l-5 8z`} />
          </g>
        ))}
      </svg>
    </div>
  );
};
