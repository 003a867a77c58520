import { isObject, type JsonObject } from "./parse/json.ts";
import type { Status } from "./types.ts";

/** The words that a service may say of itself: `unknown` is only ever a reader's conclusion. */
export type EmittedStatus = Exclude<Status, "unknown">;

/** One measurement of one component. */
export type HealthDocumentCheck = {
  readonly componentId: string;
  readonly componentType: "datastore" | "system" | "component";
  readonly status: EmittedStatus;
  /** A failed critical check makes the whole `fail` and the answer a 503; any other failed check makes it `warn` and 200. */
  readonly critical: boolean;
  readonly latency_ms: number;
  readonly observedValue: number | string;
  readonly observedUnit: string;
  /** When it was measured, ISO 8601: an answer may come from a cache of a few seconds. */
  readonly time: string;
  /** What is wrong, for a person; only of a check that does not pass; without secrets. */
  readonly output?: string;
};

/**
 * What our backends answer on `/api/health` (cheap, no checks or the critical ones) and `/api/health/detailed`, as
 * `Content-Type: application/health+json`: draft-inadarei-api-health-check-06 and, beyond it, `critical`, `latency_ms`,
 * `revision` and `commit`.
 *
 *     { "status": "pass", "version": "1.8.0", "releaseId": "20260822-140312-9f2c", "revision": "api-00042-xyz",
 *       "commit": "9f2c…", "serviceId": "api", "description": "health of api",
 *       "checks": { "database:responseTime": [
 *         { "componentId": "database", "componentType": "datastore", "status": "pass", "critical": true,
 *           "latency_ms": 3.2, "observedValue": 3.2, "observedUnit": "ms", "time": "2026-08-22T14:03:12.123Z" } ] } }
 *
 * HTTP 200 for `pass` and `warn`, 503 for `fail`. `revision` is `K_REVISION` (empty outside Cloud Run), `commit` the full
 * hash that the image was built from, or `unknown`. The same revision goes into the header `X-Revision`.
 */
export type HealthDocument = {
  readonly status: EmittedStatus;
  readonly version?: string;
  readonly releaseId?: string;
  readonly revision: string;
  readonly commit: string;
  readonly serviceId?: string;
  readonly description?: string;
  readonly notes?: readonly string[];
  readonly output?: string;
  readonly checks: Readonly<Record<string, readonly HealthDocumentCheck[]>>;
  readonly links?: Readonly<Record<string, string>>;
};

type Rule = readonly [name: string, expected: string, holds: (value: unknown) => boolean];

const isText = (value: unknown) => typeof value === "string";
const isOptionalText = (value: unknown) => value === undefined || isText(value);
const isFiniteNumber = (value: unknown) => Number.isFinite(value);
const isStatus = (value: unknown) => value === "pass" || value === "warn" || value === "fail";

const documentRules: readonly Rule[] = [
  ["status", "must be pass, warn or fail", isStatus],
  ["revision", "must be a string", isText],
  ["commit", "must be a string", isText],
  ["version", "must be a string", isOptionalText],
  ["releaseId", "must be a string", isOptionalText],
  ["serviceId", "must be a string", isOptionalText],
  ["description", "must be a string", isOptionalText],
  ["output", "must be a string", isOptionalText],
  ["notes", "must be strings", (value) => value === undefined || (Array.isArray(value) && value.every(isText))],
  [
    "links",
    "must map to strings",
    (value) => value === undefined || (isObject(value) && Object.values(value).every(isText)),
  ],
  ["checks", "must be an object", isObject],
];

const checkRules: readonly Rule[] = [
  ["componentId", "must be a string", isText],
  [
    "componentType",
    "must be datastore, system or component",
    (value) => ["datastore", "system", "component"].includes(String(value)),
  ],
  ["status", "must be pass, warn or fail", isStatus],
  ["critical", "must be a boolean", (value) => typeof value === "boolean"],
  ["latency_ms", "must be a number, not negative", (value) => isFiniteNumber(value) && Number(value) >= 0],
  ["observedValue", "must be a number or a string", (value) => isFiniteNumber(value) || isText(value)],
  ["observedUnit", "must be a string", isText],
  [
    "time",
    "must be ISO 8601",
    (value) =>
      /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(String(value)) && !Number.isNaN(Date.parse(String(value))),
  ],
  ["output", "must be a string", isOptionalText],
];

const issuesOf = (path: string, object: JsonObject, rules: readonly Rule[]): string[] =>
  rules.filter(([name, , holds]) => !holds(object[name])).map(([name, expected]) => `${path}${name}: ${expected}`);

const checkIssues = (key: string, value: unknown): string[] => {
  if (!Array.isArray(value) || value.length === 0) return [`checks.${key}: must be a non-empty array`];
  return value.flatMap((check, index) =>
    isObject(check)
      ? issuesOf(`checks.${key}.${index}.`, check, checkRules)
      : [`checks.${key}.${index}: must be an object`],
  );
};

/** The rule that the HTTP code rests on. */
const contradictions = (document: JsonObject, checks: readonly unknown[]): string[] => {
  const failed = checks.filter(isObject).filter((check) => check["status"] === "fail");
  if (document["status"] !== "fail" && failed.some((check) => check["critical"] === true))
    return ["status: must be fail when a critical check fails"];
  return document["status"] === "pass" && failed.length > 0 ? ["status: must not be pass when a check fails"] : [];
};

/** Everything that is not as our format wants it, each with its path: `checks.database:responseTime.0.critical: must be a boolean`. */
export const healthDocumentIssues = (value: unknown): string[] => {
  if (!isObject(value)) return ["must be an object"];
  const checks = isObject(value["checks"]) ? Object.entries(value["checks"]) : [];
  return [
    ...issuesOf("", value, documentRules),
    ...checks.flatMap(([key, check]) => checkIssues(key, check)),
    ...contradictions(
      value,
      checks.flatMap(([, check]) => check),
    ),
  ];
};

export const isHealthDocument = (value: unknown): value is HealthDocument => healthDocumentIssues(value).length === 0;
