// What a benchmark counts, and how its figures are told: the table of docs/benchmarks.md. Pure.
import { formatBytes, formatDuration } from "../present/format.mts";

export type Kind = "ms" | "bytes" | "per second" | "percent";

export type Figure<Key extends string = string> = {
  readonly key: Key;
  readonly what: string;
  readonly kind: Kind;
  readonly aim?: { readonly atMost: number } | { readonly atLeast: number };
};

/** What one round has measured. */
export type Measured<Key extends string = string> = Readonly<Record<Key, number>>;

export type Summary = Figure & { readonly median: number; readonly rounds: readonly number[] };

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
};

export const summarise = (figures: readonly Figure[], rounds: readonly Measured[]): readonly Summary[] =>
  figures.map((figure) => {
    const values = rounds.map((round) => round[figure.key] ?? Number.NaN);
    return { ...figure, median: median(values), rounds: values };
  });

const formats: Readonly<Record<Kind, (value: number) => string>> = {
  ms: (value) => (value < 10 ? `${value.toFixed(2)} ms` : formatDuration(value)),
  bytes: formatBytes,
  "per second": (value) => `${Math.round(value).toLocaleString("en")}/s`,
  percent: (value) => `${Math.round(value)} %`,
};

const isMet = ({ aim, median: value }: Summary): boolean => {
  if (!aim) return true;
  return "atMost" in aim ? value <= aim.atMost : value >= aim.atLeast;
};

const aimText = ({ aim, kind }: Figure): string => {
  if (!aim) return "-";
  return "atMost" in aim ? `≤ ${formats[kind](aim.atMost)}` : `≥ ${formats[kind](aim.atLeast)}`;
};

/** A Markdown table. A missed aim is marked. */
export function figuresTable(summaries: readonly Summary[]): string {
  const rows = summaries.map((summary) => {
    const { kind, what, rounds } = summary;
    const format = formats[kind];
    const spread = `${format(Math.min(...rounds))} – ${format(Math.max(...rounds))}`;
    const value = `${format(summary.median)}${isMet(summary) ? "" : " (missed)"}`;
    return `| ${[what, aimText(summary), value, spread].join(" | ")} |`;
  });
  return ["| what is counted | aim | median | lowest – highest |", "|---|---|---|---|", ...rows].join("\n");
}
