// Pure. The chart's numbers.
import type { Sample } from "./monitor.ts";

/** Nearest-rank percentile (`rank` in 0–100) of what answered. */
export const percentile = (values: readonly number[], rank: number): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)];
};

export const latenciesOf = (samples: readonly Sample[]): number[] =>
  samples.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));

/** Runs of answers, cut where a probe brought none. */
export const segmentsOf = (samples: readonly Sample[]): readonly (readonly Sample[])[] => {
  const segments: Sample[][] = [];
  let open: Sample[] | undefined;
  for (const sample of samples) {
    if (sample.latencyMs === undefined) {
      open = undefined;
    } else if (open) {
      open.push(sample);
    } else {
      open = [sample];
      segments.push(open);
    }
  }
  return segments;
};

/** The top of an axis: a round number that halves well, at least 10. */
export const niceCeiling = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 10)));
  return ([1, 2, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power;
};
