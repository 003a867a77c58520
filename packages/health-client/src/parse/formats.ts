// Pure. Recognises a body by its shape, in this order; the first reader that knows it wins.
import type { HealthFormat, Status } from "../types.ts";
import { isObject, type JsonObject, parseJson, readText } from "./json.ts";
import { type ReadCheck, readCheckList, readCheckMap } from "./read-checks.ts";
import { statusOfWord } from "./status-words.ts";

export type Reading = {
  readonly format: HealthFormat;
  /** The body's own word for the whole; absent where it has none and its checks decide. */
  readonly declared?: Status;
  readonly checks: readonly ReadCheck[];
  /** Where version, revision and the like are looked for. */
  readonly fields?: JsonObject;
};

type JsonReader = (body: JsonObject) => Reading | undefined;

const read = (format: HealthFormat, body: JsonObject, checks: readonly ReadCheck[]): Reading => ({
  format,
  checks,
  fields: body,
  ...(body["status"] !== undefined && { declared: statusOfWord(body["status"]) }),
});

/** ASP.NET HealthChecks.UI: `entries: { name: { status, duration: "00:00:00.01", exception } }`. */
const readAspNet: JsonReader = (body) =>
  isObject(body["entries"]) ? read("aspnet", body, readCheckMap(body["entries"])) : undefined;

/** Terminus: `details` is the union of `info` and `error`. */
const readTerminus: JsonReader = (body) =>
  isObject(body["details"]) && ("info" in body || "error" in body)
    ? read("terminus", body, readCheckMap(body["details"]))
    : undefined;

/** under-pressure answers 503 with its error, not with a health body. */
const readUnderPressure: JsonReader = (body) =>
  body["code"] === "FST_UNDER_PRESSURE"
    ? { format: "under-pressure", declared: "fail", checks: [], fields: body }
    : undefined;

/** Spring Actuator; `details` was its name for `components` before 2.2. */
const readActuator: JsonReader = (body) => {
  const parts = body["components"] ?? body["details"];
  return isObject(parts) ? read("actuator", body, readCheckMap(parts)) : undefined;
};

const readMicroProfile: JsonReader = (body) =>
  Array.isArray(body["checks"]) ? read("microprofile", body, readCheckList(body["checks"])) : undefined;

/** draft-inadarei-api-health-check-06: `checks: { "component:measurement": [result] }`; results or words instead of arrays too. */
const readDraft: JsonReader = (body) => {
  const checks = body["checks"];
  if (!isObject(checks)) return undefined;
  const format = Object.values(checks).every((value) => Array.isArray(value)) ? "draft" : "generic";
  return read(format, body, readCheckMap(checks));
};

/** English words of django-health-check 3 and 4; the client asks for English (`Accept-Language`). */
const djangoStatus = (text: string): Status => {
  const word = (text.split(":", 1)[0] ?? "").trim().toLowerCase();
  return word === "unknown error" || word === "unexpected result" ? "fail" : statusOfWord(word);
};

/**
 * django-health-check: flat `{ name: text }`. Version 4 names a check by its repr, `Redis(url='redis://:password@…')`:
 * what follows the bracket is cut off, it can hold credentials.
 */
const readDjango: JsonReader = (body) => {
  const entries = Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (entries.length === 0 || entries.length < Object.keys(body).length || "status" in body) return undefined;
  const checks = entries.map(([identifier, text]): ReadCheck => {
    const name = readText((identifier.split("(", 1)[0] ?? "").trim(), 120) ?? "unnamed";
    const status = djangoStatus(text);
    const message = status === "pass" ? undefined : readText(text);
    return { key: name, name, status, ...(message && { message }) };
  });
  return checks.every(({ status }) => status === "unknown") ? undefined : { format: "django", checks };
};

const readBare: JsonReader = (body) => (body["status"] === undefined ? undefined : read("generic", body, []));

const jsonReaders: readonly JsonReader[] = [
  readAspNet,
  readTerminus,
  readUnderPressure,
  readActuator,
  readMicroProfile,
  readDraft,
  readDjango,
  readBare,
];

/** Kubernetes' verbose text: `[+]ping ok`, `[-]etcd failed: reason withheld`. */
const readKubernetes = (text: string): Reading | undefined => {
  const lines = [...text.matchAll(/^\[([+-])\](\S{1,120})/gm)];
  if (lines.length === 0) return undefined;
  const checks = lines.map(
    ([, sign, name = ""]): ReadCheck => ({ key: name, name, status: sign === "+" ? "pass" : "fail" }),
  );
  return { format: "kubernetes", checks };
};

const readWord = (text: string): Reading => {
  const declared = statusOfWord(text);
  return declared === "unknown" ? { format: "unreadable", checks: [] } : { format: "text", declared, checks: [] };
};

/** Never throws, whatever the text. */
export const readBody = (text: string, contentType: string): Reading => {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (trimmed === "") return { format: "empty", checks: [] };
  const json = parseJson(trimmed);
  if (isObject(json)) {
    for (const reader of jsonReaders) {
      const reading = reader(json);
      if (reading) return reading;
    }
    return { format: "unreadable", checks: [], fields: json };
  }
  // A single-page application answers every path with its page: with 200, and it says nothing of health.
  if (trimmed.startsWith("<") || /^\s*text\/html\b/i.test(contentType)) return { format: "html", checks: [] };
  return readKubernetes(trimmed) ?? readWord(typeof json === "string" ? json : trimmed);
};
