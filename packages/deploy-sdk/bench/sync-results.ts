// What was measured, kept between runs: a whole comparison takes an hour, and can be taken in parts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const cases = ["initial", "no-op", "touched", "1 % changed", "10 % deleted"] as const;
export type Case = (typeof cases)[number];

/** `overS`: it took longer than that, and was ended. */
export type Cell =
  | { readonly wallS: number; readonly cpuS: number; readonly peakMb: number; readonly requests: number }
  | { readonly overS: number };
export type Row = {
  readonly files: number;
  readonly latencyMs: number;
  readonly tool: string;
  readonly takenAt: string;
  readonly cells: Readonly<Partial<Record<Case, Cell>>>;
};

const file = fileURLToPath(new URL("../../../.local/bench/sync.json", import.meta.url));

export function readRows(): readonly Row[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as readonly Row[];
  } catch {
    return [];
  }
}

/** In place of what was measured of the same before. */
export function keepRow(row: Row): void {
  const others = readRows().filter((other) => !isSame(other, row));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify([...others, row], undefined, 1));
}

const isSame = (a: Row, b: Row): boolean => a.tool === b.tool && a.files === b.files && a.latencyMs === b.latencyMs;

/** As docs/benchmarks.md has it. `order`: of the tools. */
export function tables(rows: readonly Row[], order: readonly string[]): string {
  const groups = Map.groupBy(
    rows.toSorted((a, b) => a.latencyMs - b.latencyMs || a.files - b.files),
    ({ files, latencyMs }) => `${files.toLocaleString("en")} files, ${latencyMs} ms a request`,
  );
  const taken = rows.map(({ takenAt }) => takenAt).sort();
  return [
    `Cells: wall s / CPU s / peak MB / requests. Node ${process.version}, ${cpus().length} cores, ${taken[0]} to ${taken.at(-1)}.`,
    ...Array.from(groups, ([title, group]) => table(title, group, order)),
  ].join("\n\n");
}

const table = (title: string, rows: readonly Row[], order: readonly string[]): string =>
  [
    `### ${title}`,
    "",
    `| | ${cases.join(" | ")} |`,
    `|---|${cases.map(() => "---").join("|")}|`,
    ...rows
      .toSorted((a, b) => order.indexOf(a.tool) - order.indexOf(b.tool))
      .map(({ tool, cells }) => `| ${tool} | ${cases.map((name) => format(cells[name])).join(" | ")} |`),
  ].join("\n");

export function format(cell: Cell | undefined): string {
  if (!cell) return "–";
  if ("overS" in cell) return `> ${cell.overS}`;
  const { wallS, cpuS, peakMb, requests } = cell;
  return `${wallS.toFixed(2)} / ${cpuS.toFixed(2)} / ${peakMb.toFixed(0)} / ${requests}`;
}
