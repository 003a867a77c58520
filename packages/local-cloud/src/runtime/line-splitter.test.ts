import { describe, expect, it } from "vitest";
import { createLineSplitter } from "./line-splitter.ts";

const split = (chunks: readonly (string | Buffer)[], maxLength?: number): string[] => {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line), maxLength);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
};

describe("createLineSplitter", () => {
  it("joins a line from several chunks and gives the last one without a line break", () => {
    expect(split(["one\ntw", "o\r\n", "three"])).toEqual(["one", "two", "three"]);
  });

  it("keeps a character whole that two chunks share", () => {
    const bytes = Buffer.from("жук\n");
    expect(split([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual(["жук"]);
  });

  it("gives an endless line in pieces instead of holding it", () => {
    expect(split(["a".repeat(25)], 10)).toEqual(["a".repeat(10), "a".repeat(10), "a".repeat(5)]);
  });
});
