// Pure. What every resource of Cloud Run has, when it is made and when it is changed.
import { randomUUID } from "node:crypto";
import { saysNothing } from "../server/field-support.ts";
import { GoogleError } from "../server/google-error.ts";
import { camelCasePath } from "../server/proto-names.ts";
import type { ResourceFields } from "./model.ts";

/** Opaque, in quotes, another one for every change that a client makes. */
export const newEtag = (): string => `"${Buffer.from(randomUUID()).toString("base64url")}"`;

export const newFields = (name: string, principal: string, now: Date): Omit<ResourceFields, "conditions"> => ({
  name,
  uid: randomUUID(),
  generation: "1",
  createTime: now.toISOString(),
  updateTime: now.toISOString(),
  creator: principal,
  lastModifier: principal,
  launchStage: "GA",
  etag: newEtag(),
});

export const changedFields = ({ generation }: ResourceFields, principal: string, now: Date) => ({
  generation: String(Number(generation) + 1),
  updateTime: now.toISOString(),
  lastModifier: principal,
  etag: newEtag(),
});

/** @throws {GoogleError} ABORTED when the client saw another version of the resource: https://google.aip.dev/154 */
export function checkEtag(current: { readonly name: string; readonly etag: string }, etag: unknown): void {
  if (typeof etag !== "string" || etag === "" || etag === current.etag) return;
  throw new GoogleError(
    "ABORTED",
    `Conflict for resource '${current.name.slice(current.name.lastIndexOf("/") + 1)}': version '${etag.slice(0, 100)}' was specified but current version is '${current.etag}'.`,
  );
}

type Draft = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy of `target` in which `path` is what it is in `source`: also nothing, where that has nothing. */
const copyPath = (target: Draft, source: Draft, [name = "", ...rest]: readonly string[]): Draft => {
  const { [name]: before, ...others } = target;
  const given = source[name];
  if (rest.length > 0) {
    return { ...others, [name]: copyPath(isObject(before) ? before : {}, isObject(given) ? given : {}, rest) };
  }
  return given === undefined ? others : { ...others, [name]: given };
};

/**
 * The resource as a client wants it: what its mask names, or all fields that a client may set.
 * https://google.aip.dev/134
 */
export function applyUpdate<Resource extends object>(
  current: Resource & Draft,
  input: Readonly<Record<string, unknown>>,
  mask: unknown,
  settable: readonly (keyof Resource & string)[],
): Resource {
  const paths = typeof mask === "string" && mask !== "" ? mask.split(",").map(camelCasePath) : ["*"];
  const all: readonly string[] = settable;
  const wanted = paths.includes("*") ? all : paths.filter((path) => all.includes(path.split(".")[0] ?? ""));
  const start: Draft = { ...current };
  return wanted.reduce((draft, path) => copyPath(draft, input, path.split(".")), start) as Resource & Draft;
}

/**
 * Do two JSON values say the same, whatever the order of their fields? As in protobuf, zero, false and what is empty say
 * nothing; a default that is not nothing has been filled in on both sides.
 */
export const sameValue = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => {
    if (!isObject(item)) return item;
    const entries = Object.entries(item).filter(([, field]) => !saysNothing(field));
    return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  }) ?? "";
