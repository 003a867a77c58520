import { describe, expect, it } from "vitest";
import { compileSiteHeaders } from "./vite-preset.ts";

const never = (): boolean => false;

describe("compileSiteHeaders", () => {
  it.each([
    ["assets/index-BxW1c9_k.js", "public, max-age=31536000, immutable", "asset"],
    ["assets/logo.svg", "no-cache", "file"],
    ["index.html", "no-cache", "entry"],
    ["about/index.html", "no-cache", "page"],
    ["config.json", "no-store", "config"],
    ["sw.js", "no-store", "worker"],
    ["site.webmanifest", "no-cache", "worker"],
    ["robots.txt", "no-cache", "file"],
    [".well-known/security.txt", "no-cache", "file"],
  ])("%s: %s, %s", (path, cacheControl, role) => {
    expect(compileSiteHeaders([], never)(path)).toMatchObject({ cacheControl, role });
  });

  it("lets the stack's rules win, also about what is immutable", () => {
    const headersOf = compileSiteHeaders(
      [
        { glob: "fonts/**", cacheControl: "public, max-age=31536000, immutable" },
        { glob: "assets/photo-*", cacheControl: "max-age=60" },
      ],
      never,
    );
    expect(headersOf("fonts/a.woff2").role).toBe("asset");
    expect(headersOf("assets/photo-iPhone15.jpg")).toMatchObject({ cacheControl: "max-age=60", role: "file" });
  });

  it("leaves nothing to Cloud Storage's own hour of caching", () => {
    const headersOf = compileSiteHeaders([{ glob: "*.txt", cacheControl: "" }], never);
    expect(headersOf("robots.txt").cacheControl).toBe("no-cache");
  });

  it("never lets config.json and service workers be stored", () => {
    const headersOf = compileSiteHeaders([{ glob: "**", cacheControl: "max-age=3600" }], never);
    expect(["config.json", "sw.js"].map((path) => headersOf(path).cacheControl)).toEqual(["no-store", "no-store"]);
  });
});
