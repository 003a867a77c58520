// Preconditions of generations and metagenerations.
// https://cloud.google.com/storage/docs/request-preconditions and the parameters of each method in the JSON API.
import type { IncomingHttpHeaders } from "node:http";
import { StorageError } from "./storage-error.ts";

export type Preconditions = {
  readonly generationMatch?: number;
  readonly generationNotMatch?: number;
  readonly metagenerationMatch?: number;
  readonly metagenerationNotMatch?: number;
};

/** What a precondition looks at; undefined where there is no such object. */
export type Versioned = { readonly generation: number; readonly metageneration: number };

/** `not-modified`: a `NotMatch` did not hold, which a read answers with 304 and a write with 412. */
export type Verdict = "holds" | "failed" | "not-modified";

const parameters = ["GenerationMatch", "GenerationNotMatch", "MetagenerationMatch", "MetagenerationNotMatch"] as const;

const parseNumber = (name: string, text: string): number => {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new StorageError("invalid", `Invalid value for ${name}: ${text.slice(0, 100)}`, name);
};

/** A whole number of a query parameter; undefined where it is not given. */
export const readNumber = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  return text === null || text === "" ? undefined : parseNumber(name, text);
};

/** `prefix` is `if`, or `ifSource` for the source of a copy. */
export const readPreconditions = (query: URLSearchParams, prefix: "if" | "ifSource" = "if"): Preconditions => {
  const read: Record<string, number> = {};
  for (const parameter of parameters) {
    const value = readNumber(query, `${prefix}${parameter}`);
    if (value !== undefined) read[`${parameter.charAt(0).toLowerCase()}${parameter.slice(1)}`] = value;
  }
  return read;
};

/** The XML API's own: https://cloud.google.com/storage/docs/xml-api/reference-headers#xgoogifgenerationmatch */
export const headerPreconditions = (headers: IncomingHttpHeaders): Preconditions => {
  const read = (name: string): number | undefined => {
    const text = headers[`x-goog-if-${name}-match`];
    return typeof text === "string" ? parseNumber(`x-goog-if-${name}-match`, text) : undefined;
  };
  const [generationMatch, metagenerationMatch] = [read("generation"), read("metageneration")];
  return {
    ...(generationMatch !== undefined && { generationMatch }),
    ...(metagenerationMatch !== undefined && { metagenerationMatch }),
  };
};

/**
 * A generation of 0 stands for "no such object": `generationMatch: 0` holds only where there is none, and
 * `generationNotMatch: 0` only where there is one. Without an object nothing else can hold.
 */
export const judge = (conditions: Preconditions, current: Versioned | undefined): Verdict => {
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = conditions;
  const generation = current?.generation ?? 0;
  if (generationMatch !== undefined && generationMatch !== generation) return "failed";
  if (metagenerationMatch !== undefined && metagenerationMatch !== current?.metageneration) return "failed";
  const absent = current === undefined;
  if (generationNotMatch !== undefined && (absent || generationNotMatch === generation)) return "not-modified";
  if (metagenerationNotMatch !== undefined && (absent || metagenerationNotMatch === current.metageneration))
    return "not-modified";
  return "holds";
};

const FAILED = "At least one of the pre-conditions you specified did not hold.";

export const conditionNotMet = (message: string = FAILED): StorageError =>
  new StorageError("conditionNotMet", message, "If-Match");

/** For writes: throws 412 unless all hold. */
export const requireConditions = (conditions: Preconditions, current: Versioned | undefined): void => {
  if (judge(conditions, current) !== "holds") throw conditionNotMet();
};
