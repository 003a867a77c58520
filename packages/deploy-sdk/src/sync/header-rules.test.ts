import { describe, expect, it } from "vitest";
import { compileHeaderRules } from "./header-rules.ts";

describe("compileHeaderRules", () => {
  it("takes the last rule that matches, for each header by itself", () => {
    const headersOf = compileHeaderRules([
      { glob: "**", cacheControl: "max-age=60" },
      { glob: "docs/**", cacheControl: "max-age=3600", contentType: "text/plain" },
      { glob: "*.html", cacheControl: "no-cache" },
    ]);
    expect(headersOf("docs/a.html")).toEqual({ contentType: "text/plain", cacheControl: "no-cache" });
    expect(headersOf("docs/a.js")).toEqual({ contentType: "text/plain", cacheControl: "max-age=3600" });
    expect(headersOf("a.css").cacheControl).toBe("max-age=60");
  });

  it("tells no Cache-Control from none that is asked for", () => {
    const headersOf = compileHeaderRules([{ glob: "a.js", cacheControl: "" }]);
    expect([headersOf("a.js").cacheControl, headersOf("b.js").cacheControl]).toEqual(["", undefined]);
  });

  it("matches a folder written with its slash, and refuses an empty glob", () => {
    const headersOf = compileHeaderRules([
      { glob: "/docs/*.txt", cacheControl: "a" },
      { glob: "drafts/", cacheControl: "b" },
    ]);
    expect(["docs/a.txt", "x/docs/a.txt", "x/drafts"].map((path) => headersOf(path).cacheControl)).toEqual([
      "a",
      undefined,
      "b",
    ]);
    for (const glob of ["", "/"]) expect(() => compileHeaderRules([{ glob }])).toThrow("it names nothing");
  });

  it("matches dot files, and patterns without a slash at any depth", () => {
    const headersOf = compileHeaderRules([
      { glob: ".well-known/**", cacheControl: "a" },
      { glob: "*.map", cacheControl: "b" },
    ]);
    expect(headersOf(".well-known/security.txt").cacheControl).toBe("a");
    expect(headersOf("x/y/app.js.map").cacheControl).toBe("b");
  });

  it("shares equal headers", () => {
    const headersOf = compileHeaderRules([]);
    expect(headersOf("a.js")).toBe(headersOf("b/c.js"));
  });
});
