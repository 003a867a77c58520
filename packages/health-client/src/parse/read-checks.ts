// Pure. One reader for the checks of every JSON format: an array of results, a result, a word, a nest of results.
import { omitUndefined } from "../omit-undefined.ts";
import type { HealthCheck } from "../types.ts";
import { isObject, type JsonObject, readNumber, readText, readTime } from "./json.ts";
import { statusOfWord } from "./status-words.ts";

/** A check before its name is made unique: `key` is the longer name, used where several share the short one. */
export type ReadCheck = HealthCheck & { readonly key: string };

const maxNesting = 4;
const maxNameLength = 120;
const millisecondsPerUnit = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1e3],
]);

/** .NET's TimeSpan, `[d.]hh:mm:ss[.fffffff]`. */
const readTimeSpan = (value: unknown): number | undefined => {
  const match = /^(?:(\d{1,6})\.)?(\d\d):(\d\d):(\d\d(?:\.\d{1,7})?)$/.exec(typeof value === "string" ? value : "");
  if (!match) return undefined;
  const [, days = 0, hours, minutes, seconds] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
};

/** The draft's observation, where it is of a duration: `database:responseTime`, 12, `ms`. */
const readObservedLatency = (key: string, check: JsonObject): number | undefined => {
  const factor = millisecondsPerUnit.get(String(check["observedUnit"]));
  const value = readNumber(check["observedValue"]);
  return factor !== undefined && value !== undefined && /:.*(time|latency|duration)/i.test(key)
    ? value * factor
    : undefined;
};

const readMessage = (check: JsonObject): string | undefined => {
  const nested = [check["details"], check["data"]].find(isObject);
  const { output, exception, message, description } = check;
  const candidates = [output, exception, message, nested?.["error"], nested?.["message"], description];
  return candidates.map((value) => readText(value)).find(Boolean);
};

const readOne = (key: string, check: JsonObject): ReadCheck[] => {
  const word = check["status"];
  // A measurement without a status (the draft allows it) says nothing of health.
  if (word === undefined) return [];
  const separator = key.indexOf(":");
  const name = separator > 0 ? key.slice(0, separator) : key;
  const component = readText(check["componentId"], maxNameLength);
  return [
    {
      key: component && component !== name ? `${key} ${component}` : key,
      ...omitUndefined({
        name,
        status: statusOfWord(word),
        critical: typeof check["critical"] === "boolean" ? check["critical"] : undefined,
        latencyMs:
          readNumber(check["latency_ms"]) ?? readObservedLatency(key, check) ?? readTimeSpan(check["duration"]),
        message: readMessage(check),
        observedAt: readTime(check["time"]),
      }),
    },
  ];
};

/** Components that hold components (Spring Actuator) are named by their path, `db/primary`; the parent's word is theirs too. */
const readNested = (key: string, check: JsonObject, depth: number): ReadCheck[] => {
  const parts = check["components"];
  if (!isObject(parts) || depth >= maxNesting) return readOne(key, check);
  const nested = Object.entries(parts).flatMap(([name, part]) => readValue(`${key}/${name}`, part, depth + 1));
  return nested.length > 0 ? nested : readOne(key, check);
};

const readValue = (key: string, value: unknown, depth: number): ReadCheck[] => {
  if (Array.isArray(value)) return value.flatMap((item) => (isObject(item) ? readOne(key, item) : []));
  if (isObject(value)) return readNested(key, value, depth);
  return [{ key, name: key, status: statusOfWord(value) }];
};

/** `{ name: result }`, in the order of the body. */
export const readCheckMap = (map: JsonObject): ReadCheck[] =>
  Object.entries(map).flatMap(([key, value]) => readValue(readText(key, maxNameLength) ?? "unnamed", value, 0));

/** `[{ name, status }]` (MicroProfile). */
export const readCheckList = (list: readonly unknown[]): ReadCheck[] =>
  list.filter(isObject).flatMap((check) => readOne(readText(check["name"], maxNameLength) ?? "unnamed", check));

/** Names made unique: by the longer key where two share a name, by a number where that is not enough. */
export const withUniqueNames = (checks: readonly ReadCheck[]): HealthCheck[] => {
  const count = new Map<string, number>();
  for (const { name } of checks) count.set(name, (count.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  const used = new Map<string, number>();
  return checks.map(({ key, ...check }) => {
    const base = (count.get(check.name) ?? 0) > 1 ? key.slice(0, maxNameLength) : check.name;
    let number = used.get(base) ?? 0;
    let name = base;
    do name = ++number === 1 ? base : `${base} ${number}`;
    while (taken.has(name));
    used.set(base, number);
    taken.add(name);
    return { ...check, name };
  });
};
