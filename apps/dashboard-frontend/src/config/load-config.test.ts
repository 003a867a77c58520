import { expect, test } from "vitest";
import { parseConfig } from "./load-config.ts";

const issues = (...found: string[]) => ({ kind: "problem", problem: { code: "invalid", issues: found } });

test("takes the API's address without its last slash, and the environment's name", () => {
  expect(parseConfig('{"apiUrl":"https://api.example.com/","environment":" staging ","more":1}')).toEqual({
    kind: "config",
    config: { apiUrl: "https://api.example.com", environment: "staging" },
  });
});

test("takes the page itself, which a single-page fallback serves, for a missing file", () => {
  expect(parseConfig("\n<!doctype html>")).toEqual({ kind: "problem", problem: { code: "missing" } });
});

test.each([
  ["", issues("not JSON")],
  ["{", issues("not JSON")],
  ["[]", issues("not an object")],
  ["null", issues("not an object")],
  ["{}", issues("apiUrl: must be an http or https URL", "environment: must be a name of 1 to 40 characters")],
  ['{"apiUrl":"/api","environment":"local"}', issues("apiUrl: must be an http or https URL")],
  ['{"apiUrl":"javascript:alert(1)","environment":"local"}', issues("apiUrl: must be an http or https URL")],
  ['{"apiUrl":"https://user@host","environment":"local"}', issues("apiUrl: must be an http or https URL")],
  ['{"apiUrl":"https://host","environment":7}', issues("environment: must be a name of 1 to 40 characters")],
])("refuses %s", (text, expected) => {
  expect(parseConfig(text)).toEqual(expected);
});
