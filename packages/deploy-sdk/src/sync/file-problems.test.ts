import { describe, expect, it } from "vitest";
import { collisions, isHidden, nameProblem, problemsError, showPath } from "./file-problems.ts";

describe("nameProblem", () => {
  it.each(["a b.txt", "a#b?c.txt", "..foo", "a..b", "данные/файл.txt", "[x]*.txt", "emoji-😀.png"])(
    "takes %s",
    (name) => {
      expect(nameProblem(name)).toBeUndefined();
    },
  );
  it.each([
    ["a\nb", "line break"],
    ["a\rb", "line break"],
    ["a\u0007b", "control character"],
    ["a\u0085b", "control character"],
    ["я".repeat(513), "longer than 1024 bytes"],
    [".well-known/acme-challenge/x", "acme-challenge"],
  ])("refuses %j", (name, reason) => {
    expect(nameProblem(name)).toContain(reason);
  });
});

describe("collisions", () => {
  it("finds names that differ by case or by Unicode form only", () => {
    const composed = "caf\u00e9.txt";
    const decomposed = "cafe\u0301.txt";
    expect(collisions(["a", "Logo.png", "logo.PNG", "logo.png", composed, decomposed])).toEqual([
      ["Logo.png", "logo.PNG", "logo.png"],
      [composed, decomposed],
    ]);
  });
});

describe("problemsError", () => {
  it("lists all problems at once, and no more than can be read", () => {
    const problems = Array.from({ length: 60 }, (_, index) => ({ path: `f${index}`, reason: "is odd" }));
    const error = problemsError("dist", problems);
    expect(error).toMatchObject({ code: "site-unsafe", message: "60 files cannot be published", exitCode: 2 });
    expect(error.details).toHaveLength(51);
    expect(error.details.at(-1)).toBe("and 10 more");
  });
});

describe("showPath", () => {
  it("leaves nothing in a name that a terminal would obey", () => {
    expect(showPath("a\u001b[31m\n\u202eb")).toBe("a\\u001b[31m\\u000a\\u202eb");
  });
});

describe("isHidden", () => {
  it.each([
    [".env", true],
    [".git/config", true],
    ["a/.DS_Store", true],
    [".vite/manifest.json", true],
    [".well-known/assetlinks.json", false],
    [".well-known/.hidden", true],
    ["a.b/c", false],
  ])("%s: %s", (path, hidden) => {
    expect(isHidden(path)).toBe(hidden);
  });
});
