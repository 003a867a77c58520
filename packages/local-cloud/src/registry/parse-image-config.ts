// Pure. An image's configuration is a blob like any other: whoever pushed it may have put anything there.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
import { isObject, type JsonObject } from "../json/json-object.ts";
import type { ImageConfig } from "../runtime/image-source.ts";
import { OciError } from "./oci-error.ts";

/** Far past any that a tool writes; the blob itself may be of any size. */
export const maxConfigBytes = 4 * 1024 ** 2;

type Rule = readonly [what: string, holds: (value: unknown) => boolean];
const isText = (value: unknown): boolean => typeof value === "string";
const text: Rule = ["text", isText];
const texts: Rule = ["a list of texts", (value) => value === null || (Array.isArray(value) && value.every(isText))];
const object: Rule = ["an object", (value) => value === null || isObject(value)];

const rules: Readonly<Record<string, Rule>> = {
  User: text,
  WorkingDir: text,
  StopSignal: text,
  Env: texts,
  Entrypoint: texts,
  Cmd: texts,
  ExposedPorts: object,
  Labels: object,
};

/** @throws {OciError} MANIFEST_INVALID, with the first thing that is wrong. */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const image = parseObject(bytes);
  const config = image["config"] ?? {};
  if (!isObject(config)) throw invalid("its config must be an object");
  for (const [name, [what, holds]] of Object.entries(rules))
    if (config[name] !== undefined && !holds(config[name])) throw invalid(`its ${name} must be ${what}`);
  return image as ImageConfig;
}

function parseObject(bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch {
    // Told as what it is.
  }
  throw invalid("it is not a JSON object");
}

const invalid = (message: string): OciError =>
  new OciError("MANIFEST_INVALID", `the image's configuration cannot be read: ${message}`);
