import { expect, test } from "vitest";
import { parsePreferences } from "./preferences.ts";

const defaults = { language: "en", theme: "auto", shortcuts: true };

test("start from the browser's language and system theme", () => {
  expect(parsePreferences(null, "en-GB")).toEqual(defaults);
  expect(parsePreferences(null, "ru-RU")).toEqual({ ...defaults, language: "ru" });
  expect(parsePreferences(null, "fr")).toEqual(defaults);
});

test("keep what was chosen, over the browser's language", () => {
  const chosen = { language: "en", theme: "dark", shortcuts: false };
  expect(parsePreferences(JSON.stringify(chosen), "ru")).toEqual(chosen);
});

test.each(["", "{", "null", "7", '"x"', "[]", '{"language":"xx","theme":1,"shortcuts":"no"}'])(
  "fall back from %j",
  (stored) => {
    expect(parsePreferences(stored, "en")).toEqual(defaults);
  },
);
