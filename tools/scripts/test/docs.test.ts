// What the documents promise: translations in step, links that lead somewhere, commands that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const docs = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((file) => `docs/${file}`),
].filter((file) => file.endsWith(".md") && existsSync(join(root, file)));
const headingLevels = (text: string): readonly number[] =>
  Array.from(text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^(#+) /gm), ([, marks = ""]) => marks.length);
const codeBlocks = (text: string): readonly string[] =>
  Array.from(text.matchAll(/^```[\s\S]*?^```/gm), ([block]) => block);
const inlineCode = (text: string): readonly string[] =>
  Array.from(text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g), ([, code = ""]) => code).sort();

describe.each(["setup", "operations"])("docs/%s.ru.md", (name) => {
  const [english, russian] = [read(`docs/${name}.md`), read(`docs/${name}.ru.md`)];

  test("has the headings, the commands and the names of its English original", () => {
    expect(headingLevels(russian)).toEqual(headingLevels(english));
    expect(codeBlocks(russian)).toEqual(codeBlocks(english));
    expect(inlineCode(russian)).toEqual(inlineCode(english));
  });
});

test.each(docs)("every relative link of %s leads to a file", (file) => {
  const links = Array.from(read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g), ([, link = ""]) => link);
  expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([]);
});

/** Commands as they are typed: in backticks, or at the start of a line of a code block. */
const pnpmCommands = (text: string): readonly string[] =>
  Array.from(text.matchAll(/(?:^|`|&& |\()pnpm (?:-s )?(?:run )?([a-z][a-z:]*)/gm), ([, script = ""]) => script);
/** pnpm's own. */
const builtIn = ["deploy", "exec", "install"];

test.each(docs)("every `pnpm` command that %s names is a script of the workspace", (file) => {
  const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts;
  expect(pnpmCommands(read(file)).filter((script) => !(script in scripts) && !builtIn.includes(script))).toEqual([]);
});
