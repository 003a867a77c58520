import { describe, expect, it } from "vitest";
import type { ObjectInfo } from "../google/object-store.ts";
import { compareObject, type DesiredObject } from "./compare-object.ts";

const desired: DesiredObject = {
  crc32c: "AAAAAQ==",
  sizeBytes: 10,
  headers: { contentType: "text/html; charset=utf-8", cacheControl: "no-cache" },
  compression: "none",
};
const object: ObjectInfo = {
  name: "index.html",
  generation: "7",
  metageneration: "1",
  crc32c: "AAAAAQ==",
  sizeBytes: 10,
  contentType: "text/html; charset=utf-8",
  cacheControl: "no-cache",
};
const gzipped: DesiredObject = { ...desired, compression: "gzip" };
const gzippedObject: ObjectInfo = {
  ...object,
  crc32c: "BBBBBQ==",
  sizeBytes: 6,
  contentEncoding: "gzip",
  metadata: {
    "slipway-compression": "gzip",
    "slipway-source": "AAAAAQ==/10",
    "slipway-stored": "BBBBBQ==",
  },
};

describe("compareObject, stored as it is", () => {
  it.each([
    ["create", "no object", undefined],
    ["keep", "same bytes, same headers", object],
    ["update", "another crc32c", { ...object, crc32c: "AAAAAg==" }],
    ["update", "another size", { ...object, sizeBytes: 11 }],
    ["update", "another crc32c and other headers", { ...object, crc32c: "AAAAAg==", cacheControl: "max-age=1" }],
    ["update", "a server without checksums", { ...object, crc32c: "" }],
    ["update", "what was stored gzipped", gzippedObject],
    ["patch", "another Cache-Control", { ...object, cacheControl: "max-age=3600" }],
    ["patch", "another Content-Type", { ...object, contentType: "text/html" }],
    ["patch", "a Content-Encoding that its bytes do not have", { ...object, contentEncoding: "gzip" }],
  ])("%s: %s", (kind, _, found) => {
    expect(compareObject(desired, found).kind).toBe(kind);
  });

  it("patches only what differs, and says from what to what", () => {
    expect(compareObject(desired, { ...object, cacheControl: "max-age=3600" })).toEqual({
      kind: "patch",
      headers: { cacheControl: "no-cache" },
      details: ["cacheControl: max-age=3600 → no-cache"],
    });
  });

  it("leaves a Cache-Control alone that no rule names", () => {
    const unmanaged = { ...desired, headers: { ...desired.headers, cacheControl: undefined } };
    expect(compareObject(unmanaged, { ...object, cacheControl: "max-age=3600" }).kind).toBe("keep");
  });
});

describe("compareObject, stored compressed", () => {
  it.each([
    ["keep", "made from this file", gzippedObject],
    ["update", "stored as it is before compression was asked for", object],
    ["update", "made from another file", withMetadata({ "slipway-source": "AAAAAg==/10" })],
    ["update", "made by another method", withMetadata({ "slipway-compression": "br" })],
    ["update", "bytes replaced by a tool that left the metadata", { ...gzippedObject, crc32c: "CCCCCQ==" }],
    ["patch", "lost its Content-Encoding", { ...gzippedObject, contentEncoding: "" }],
  ])("%s: %s", (kind, _, found) => {
    expect(compareObject(gzipped, found).kind).toBe(kind);
  });

  it("keeps a file that compressing did not make smaller", () => {
    const { contentEncoding: _, ...plain } = gzippedObject;
    const asItIs = {
      ...plain,
      crc32c: "AAAAAQ==",
      sizeBytes: 10,
      metadata: { ...gzippedObject.metadata, "slipway-stored": "AAAAAQ==" },
    };
    expect(compareObject(gzipped, asItIs).kind).toBe("keep");
  });
});

function withMetadata(metadata: Readonly<Record<string, string>>): ObjectInfo {
  return { ...gzippedObject, metadata: { ...gzippedObject.metadata, ...metadata } };
}
