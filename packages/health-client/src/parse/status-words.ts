import type { Status } from "../types.ts";

// The words of every format that is read; `formats.ts` has their sources.
const wordsOf: readonly (readonly [Status, string])[] = [
  ["pass", "pass ok up healthy working"],
  ["warn", "warn warning degraded"],
  ["fail", "fail failed error down ko unhealthy unavailable out_of_service shutting_down"],
];
const words = new Map(wordsOf.flatMap(([status, list]) => list.split(" ").map((word) => [word, status])));

/** A word outside the vocabulary is `unknown`, never good. */
export const statusOfWord = (value: unknown): Status =>
  typeof value === "string" ? (words.get(value.trim().toLowerCase()) ?? "unknown") : "unknown";

const severity: Readonly<Record<Status, number>> = { pass: 0, unknown: 1, warn: 2, fail: 3 };

export const bySeverity = (a: Status, b: Status): number => severity[b] - severity[a];

/** `pass` only when every one passes; nothing at all is `unknown`. */
export const worstStatus = (statuses: readonly Status[]): Status => statuses.toSorted(bySeverity)[0] ?? "unknown";
