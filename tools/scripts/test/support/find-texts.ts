// Looks for texts in whatever form they may have been written down.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const base64 = (text: string): readonly string[] => [
  Buffer.from(text).toString("base64"),
  Buffer.from(text).toString("base64url"),
];

/** A text as it is, and as JSON, a URL or an API's `bytes` field would hold it. */
export const formsOf = (text: string): readonly string[] => [
  ...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), ...base64(text)]),
];

/** Which of `texts` occur. */
export const textsIn = (content: string, texts: readonly string[]): readonly string[] =>
  texts.filter((text) => content.includes(text));

/** Paths of the files below `folder` that hold one of `texts`, relative to it. What is gone meanwhile holds none. */
export function filesWith(folder: string, texts: readonly string[]): readonly string[] {
  const needles = texts.map((text) => Buffer.from(text));
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => holdsAny(file, needles))
    .map((file) => relative(folder, file))
    .toSorted();
}

function holdsAny(file: string, needles: readonly Buffer[]): boolean {
  try {
    const content = readFileSync(file);
    return needles.some((needle) => content.includes(needle));
  } catch {
    return false;
  }
}
