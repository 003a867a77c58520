import { expect, test } from "vitest";
import { parseByteRange, parseUploadRange } from "./content-range.ts";

test.for([
  [undefined, { kind: "whole" }],
  ["bytes 0-99/200", { kind: "chunk", first: 0, last: 99, total: 200 }],
  ["bytes 100-199/*", { kind: "chunk", first: 100, last: 199, total: undefined }],
  ["bytes 0-*/*", { kind: "chunk", first: 0, last: undefined, total: undefined }],
  ["bytes */200", { kind: "query", total: 200 }],
  ["bytes */*", { kind: "query", total: undefined }],
] as const)("reads the Content-Range of an upload: %s", ([header, expected]) => {
  expect(parseUploadRange(header)).toEqual(expected);
});

test.for([
  "",
  "bytes",
  "bytes 5-4/10",
  "bytes 0-10/10",
  "bytes -5/10",
  "items 0-1/2",
  "bytes 0-99999999999999999999/*",
])("refuses a Content-Range that is none: %s", (header) => {
  expect(() => parseUploadRange(header)).toThrow("Invalid Content-Range");
});

test.for([
  [undefined, "all"],
  ["bytes=0-", { first: 0, last: 9 }],
  ["bytes=2-4", { first: 2, last: 4 }],
  ["bytes=-3", { first: 7, last: 9 }],
  ["bytes=-99", { first: 0, last: 9 }],
  ["bytes=5-99", { first: 5, last: 9 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=4-2", "all"],
  ["bytes=0-1,3-4", "all"],
  ["chars=0-1", "all"],
] as const)("reads the Range of a download of 10 bytes: %s", ([header, expected]) => {
  expect(parseByteRange(header, 10)).toEqual(expected);
});

test("nothing of an empty object can be asked for", () => {
  expect(parseByteRange("bytes=0-", 0)).toBe("unsatisfiable");
  expect(parseByteRange("bytes=-5", 0)).toBe("unsatisfiable");
});
