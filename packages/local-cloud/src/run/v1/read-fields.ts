// Pure. Reads a JSON body field by field: no proto says what the v1 API's messages are, so what is no such value, and what is
// no known field, is refused by its place.
import { isObject, type JsonObject } from "../../json/json-object.ts";
import { refuseViolations } from "../../server/proto-json.ts";

export type Fields = {
  readonly text: (name: string) => string | undefined;
  readonly number: (name: string) => number | undefined;
  readonly flag: (name: string) => boolean | undefined;
  readonly texts: (name: string) => readonly string[] | undefined;
  /** Texts by key: labels, annotations, limits. */
  readonly map: (name: string) => Readonly<Record<string, string>>;
  readonly child: (name: string) => Fields | undefined;
  readonly children: (name: string) => readonly Fields[] | undefined;
  /** Refuses any field but these; what is empty says nothing. */
  readonly only: (...names: readonly string[]) => Fields;
  readonly at: string;
};

const refuse = (field: string, description: string): never => {
  refuseViolations([{ field, description }]);
  throw new TypeError("unreachable");
};

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

const join = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`);

const invalid = (at: string, kind: string, value: unknown): never =>
  refuse(at, `Invalid value at '${at}' (${kind}), ${(JSON.stringify(value) ?? "").slice(0, 200)}`);

/** @throws {GoogleError} INVALID_ARGUMENT, from every reader */
export function readFields(value: unknown, at = ""): Fields {
  const object: JsonObject = isObject(value) ? value : invalid(at, "object", value);
  const read = <Value>(name: string, kind: string, is: (item: unknown) => boolean): Value | undefined => {
    const item = object[name];
    if (item === undefined || item === null) return undefined;
    return is(item) ? (item as Value) : invalid(join(at, name), kind, item);
  };
  const list = (name: string): readonly unknown[] | undefined => read(name, "list", Array.isArray);
  const fields: Fields = {
    at,
    text: (name) => read(name, "string", (item) => typeof item === "string"),
    number: (name) => {
      const item = object[name];
      // 64-bit integers are texts in JSON.
      const number = typeof item === "string" && /^\d+$/.test(item) ? Number(item) : item;
      return number === undefined || number === null || Number.isSafeInteger(number)
        ? ((number ?? undefined) as number | undefined)
        : invalid(join(at, name), "integer", item);
    },
    flag: (name) => read(name, "boolean", (item) => typeof item === "boolean"),
    texts: (name) =>
      list(name)?.map((item, index) =>
        typeof item === "string" ? item : invalid(`${join(at, name)}[${index}]`, "string", item),
      ),
    map: (name) => {
      const entries = Object.entries(read<JsonObject>(name, "object", isObject) ?? {});
      return Object.fromEntries(
        entries.map(([key, item]) => [
          key,
          typeof item === "string" ? item : invalid(join(at, name), "map of strings", item),
        ]),
      );
    },
    child: (name) => (isEmpty(object[name]) ? undefined : readFields(object[name], join(at, name))),
    children: (name) => list(name)?.map((item, index) => readFields(item, `${join(at, name)}[${index}]`)),
    only: (...names) => {
      const unknown = Object.keys(object).find((name) => !names.includes(name) && !isEmpty(object[name]));
      if (unknown !== undefined)
        refuse(
          at,
          `Invalid JSON payload received. Unknown name ${JSON.stringify(unknown.slice(0, 100))} at '${at}': Cannot find field.`,
        );
      return fields;
    },
  };
  return fields;
}

type Compact<Value> = {
  readonly [Key in keyof Value as undefined extends Value[Key] ? never : Key]: Value[Key];
} & { readonly [Key in keyof Value as undefined extends Value[Key] ? Key : never]?: Exclude<Value[Key], undefined> };

/** Without the fields that say nothing. */
export const compact = <Value extends object>(value: Value): Compact<Value> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Compact<Value>;
