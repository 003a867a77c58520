import { describe, expect, it } from "vitest";
import { parseBucketAddress } from "./sync-bucket.ts";

describe("parseBucketAddress", () => {
  it.each([
    ["gs://app.example.com", { bucket: "app.example.com", prefix: "" }],
    ["gs://app.example.com/", { bucket: "app.example.com", prefix: "" }],
    ["gs://bucket/docs", { bucket: "bucket", prefix: "docs/" }],
    ["gs://bucket/docs/v 2/", { bucket: "bucket", prefix: "docs/v 2/" }],
  ])("reads %s", (text, address) => {
    expect(parseBucketAddress(text)).toEqual(address);
  });

  it.each([
    "bucket",
    "s3://bucket",
    "gs://",
    "gs://UPPER",
    "gs://b/../x",
    "gs://bucket/../x",
    "gs://bucket/a//b",
    "gs://bucket/a\nb",
  ])("refuses %j", (text) => {
    expect(() => parseBucketAddress(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
