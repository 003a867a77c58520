import { expect, test } from "vitest";
import { parseImageConfig } from "./parse-image-config.ts";

const parse = (text: string): unknown => parseImageConfig(Buffer.from(text));

test("takes what builders write, nulls included", () => {
  const config = { Cmd: ["node"], Entrypoint: null, Env: null, User: "", Labels: null, ExposedPorts: { "80/tcp": {} } };
  expect(parse(JSON.stringify({ os: "linux", config }))).toEqual({ os: "linux", config });
  expect(parse("{}")).toEqual({});
});

test.each([
  ["\u0000{{", "it is not a JSON object"],
  ["null", "it is not a JSON object"],
  ["[]", "it is not a JSON object"],
  ['{"config":5}', "its config must be an object"],
  ['{"config":{"Cmd":5}}', "its Cmd must be a list of texts"],
  ['{"config":{"Env":[1]}}', "its Env must be a list of texts"],
  ['{"config":{"User":7}}', "its User must be text"],
])("refuses %j: %s", (text, reason) => {
  expect(() => parse(text)).toThrow(`the image's configuration cannot be read: ${reason}`);
});
