// docs/local-cloud.md says what the cloud has, and is made from the cloud.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type MethodsReport, renderMethods } from "./support/methods-table.ts";
import { startCloud } from "./support/start-cloud.ts";

const file = new URL("../../../docs/local-cloud.md", import.meta.url).pathname;
/** What is written by hand ends with it. */
const mark = /^<!-- Made by .* -->$/m;

test("the document names every method, what it needs and what it ignores, as the cloud does", async () => {
  const cloud = await startCloud();
  const { json } = await cloud.fetchJson<MethodsReport>("/_local/methods");
  const [line = ""] = mark.exec(readFileSync(file, "utf8")) ?? [];
  expect(line).not.toBe("");
  const [written] = readFileSync(file, "utf8").split(line);
  await expect(`${written}${line}\n\n${renderMethods(json)}\n`).toMatchFileSnapshot(file);
});
