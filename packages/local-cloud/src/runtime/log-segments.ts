// The files of one resource's log: numbered segments of JSON lines, of which the oldest are dropped.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LogEntry } from "./log-entry.ts";

export type LogLimits = {
  readonly segmentBytes: number;
  /** How many segments a resource keeps. */
  readonly segments: number;
};

export type LogSegments = {
  /** Whole JSON lines, with their line breaks. Survives a killed process. */
  readonly append: (lines: string) => void;
  /** Numbers of the segments, ascending. */
  readonly numbers: () => readonly number[];
  readonly read: (number: number) => readonly LogEntry[];
};

const fileName = (number: number): string => `${String(number).padStart(9, "0")}.jsonl`;
const filePattern = /^(\d{9})\.jsonl$/;

const parseEntry = (line: string): readonly LogEntry[] => {
  try {
    return [JSON.parse(line) as LogEntry];
  } catch {
    return []; // a process killed in the middle of a write leaves half a line
  }
};

const missingIsEmpty = <Value>(read: () => Value, empty: Value): Value => {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return empty;
    throw error;
  }
};

export function openLogSegments(dir: string, limits: LogLimits): LogSegments {
  const list = (): number[] =>
    missingIsEmpty(() => readdirSync(dir), [])
      .flatMap((name) => filePattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  const path = (number: number): string => join(dir, fileName(number));
  let current = list().at(-1) ?? 1;
  let size = missingIsEmpty(() => statSync(path(current)).size, 0);

  const rotate = (): void => {
    current += 1;
    size = 0;
    for (const number of list()) if (number <= current - limits.segments) rmSync(path(number), { force: true });
  };

  return {
    append: (lines) => {
      if (size === 0) mkdirSync(dir, { recursive: true });
      else if (size >= limits.segmentBytes) rotate();
      appendFileSync(path(current), lines);
      size += Buffer.byteLength(lines);
    },
    numbers: list,
    read: (number) =>
      missingIsEmpty(() => readFileSync(path(number), "utf8"), "")
        .split("\n")
        .flatMap((line) => (line === "" ? [] : parseEntry(line))),
  };
}
