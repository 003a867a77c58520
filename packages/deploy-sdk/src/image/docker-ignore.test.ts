import { expect, test } from "vitest";
import { parseDockerIgnore } from "./docker-ignore.ts";

const ignored = (text: string, paths: readonly string[]): readonly string[] => {
  const { ignores } = parseDockerIgnore(text);
  return paths.filter((path) => ignores(path));
};

test("matches from the context's root, and a folder with all that is in it", () => {
  expect(ignored("node_modules\n", ["node_modules/a/b.js", "src/node_modules/a.js"])).toEqual(["node_modules/a/b.js"]);
  expect(ignored("**/node_modules", ["node_modules/a/b.js", "src/node_modules/a.js"])).toHaveLength(2);
});

test("reads leading slashes, comments, blanks and trailing slashes as Docker does", () => {
  const text = "# comment\n\n  /dist/  \r\n./tmp\n";
  expect(ignored(text, ["dist/a", "tmp", "# comment", "src/dist/a"])).toEqual(["dist/a", "tmp"]);
});

test("lets the last rule that matches decide", () => {
  const text = "*.md\n!README.md\nREADME-secret.md\n";
  expect(ignored(text, ["a.md", "README.md", "README-secret.md"])).toEqual(["a.md", "README-secret.md"]);
  expect(ignored("docs\n!docs/keep.md\n", ["docs/a.md", "docs/keep.md"])).toEqual(["docs/a.md"]);
});

test("knows Go's patterns and no others", () => {
  expect(ignored("a?c\n[xy].txt\n*/temp*\n", ["abc", "ac", "x.txt", "z.txt", "sub/temp1", "temp1"])).toEqual([
    "abc",
    "x.txt",
    "sub/temp1",
  ]);
  expect(ignored("{a,b}.txt\n", ["a.txt", "{a,b}.txt"])).toEqual(["{a,b}.txt"]);
  expect(ignored("*\n", [".hidden", "a/b"])).toEqual([".hidden", "a/b"]);
});

test("says whether an ignored folder may hold something that is not", () => {
  expect(parseDockerIgnore("docs\n").hasExceptions).toBe(false);
  expect(parseDockerIgnore("docs\n!docs/keep.md").hasExceptions).toBe(true);
});
