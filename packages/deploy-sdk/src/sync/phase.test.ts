import { describe, expect, it } from "vitest";
import { isHashedName, phaseOf } from "./phase.ts";

describe("isHashedName", () => {
  it.each([
    "assets/index-BxW1c9_k.js",
    "assets/index-D-9s2kQa.css",
    "assets/inter-latin-400-normal-C38fXH4l.woff2",
    "app/assets/chunk.a1b2c3d4e5f6.js",
    "assets/index-BxW1c9_k.js.map",
  ])("%s is one", (path) => {
    expect(isHashedName(path)).toBe(true);
  });

  it.each([
    "assets/hero-backdrop.jpg",
    "assets/hero-Backdrop.jpg",
    "assets/report-20240131.pdf",
    "assets/main.js",
    "index-BxW1c9_k.js",
    "favicon.ico",
  ])("%s is none", (path) => {
    expect(isHashedName(path)).toBe(false);
  });
});

describe("phaseOf", () => {
  it.each([
    ["asset", "assets/index-BxW1c9_k.js", true],
    ["file", "assets/main.js", false],
    ["file", "logo.svg", false],
    ["page", "about/index.html", false],
    ["page", "about.htm", true],
    ["entry", "index.html", false],
    ["worker", "sw.js", false],
    ["worker", "firebase-messaging-sw.js", false],
    ["worker", "ngsw.json", false],
    ["worker", "site.webmanifest", false],
    ["worker", "manifest.json", false],
    ["file", "i18n/manifest.json", false],
    ["file", "answer.js", false],
  ] as const)("%s: %s", (phase, path, immutable) => {
    expect(phaseOf(path, immutable)).toBe(phase);
  });
});
