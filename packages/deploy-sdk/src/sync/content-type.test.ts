import { describe, expect, it } from "vitest";
import { contentTypeOf, isCompressible } from "./content-type.ts";

describe("contentTypeOf", () => {
  it.each([
    ["index.html", "text/html; charset=utf-8"],
    ["a/app.js", "text/javascript; charset=utf-8"],
    ["a/app.mjs", "text/javascript; charset=utf-8"],
    ["app.js.map", "application/json"],
    ["style.CSS", "text/css; charset=utf-8"],
    ["logo.svg", "image/svg+xml; charset=utf-8"],
    ["data.json", "application/json"],
    ["site.webmanifest", "application/manifest+json"],
    ["feed.xml", "text/xml; charset=utf-8"],
    ["font.woff2", "font/woff2"],
    ["code.wasm", "application/wasm"],
    ["photo.avif", "image/avif"],
    [".well-known/apple-app-site-association", "application/json"],
    ["LICENSE", "application/octet-stream"],
    ["файл.txt", "text/plain; charset=utf-8"],
  ])("%s is %s", (path, type) => {
    expect(contentTypeOf(path).replace("application/xml", "text/xml")).toBe(type);
  });
});

describe("isCompressible", () => {
  it.each([
    "text/html; charset=utf-8",
    "application/json",
    "image/svg+xml; charset=utf-8",
    "application/wasm",
    "font/ttf",
  ])("%s is", (type) => expect(isCompressible(type)).toBe(true));
  it.each(["font/woff2", "image/png", "application/zip", "video/mp4", "application/octet-stream"])(
    "%s is not",
    (type) => expect(isCompressible(type)).toBe(false),
  );
});
