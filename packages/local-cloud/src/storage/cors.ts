// Cross-origin rules of a bucket: https://cloud.google.com/storage/docs/cross-origin
import type { IncomingHttpHeaders } from "node:http";
import type { CloudResponse } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";

type CorsEntry = NonNullable<BucketRecord["config"]["cors"]>[number];

const lists = (list: readonly string[] | undefined, wanted: string): boolean =>
  (list ?? []).some((value) => value === "*" || value.toLowerCase() === wanted.toLowerCase());

const entryFor = ({ config }: BucketRecord, origin: string, method: string): CorsEntry | undefined =>
  config.cors?.find((entry) => lists(entry.origin, origin) && lists(entry.method, method));

const allowOrigin = (entry: CorsEntry, origin: string): Record<string, string> =>
  entry.origin?.includes("*")
    ? { "access-control-allow-origin": "*" }
    : { "access-control-allow-origin": origin, vary: "Origin" };

/** What an answer to a page of another origin carries; nothing where no rule names that origin and method. */
export const corsHeaders = (
  bucket: BucketRecord,
  headers: IncomingHttpHeaders,
  method: string,
): Record<string, string> => {
  const { origin } = headers;
  const entry = origin === undefined ? undefined : entryFor(bucket, origin, method);
  if (origin === undefined || entry === undefined) return {};
  const exposed = entry.responseHeader ?? [];
  return {
    ...allowOrigin(entry, origin),
    ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(", ") }),
  };
};

/** The answer to a preflight. */
export const preflight = (bucket: BucketRecord, headers: IncomingHttpHeaders): CloudResponse => {
  const { origin } = headers;
  const method = headers["access-control-request-method"];
  const entry = origin === undefined || method === undefined ? undefined : entryFor(bucket, origin, method);
  if (origin === undefined || entry === undefined) return { status: 200, body: "" };
  return {
    status: 200,
    headers: {
      ...allowOrigin(entry, origin),
      "access-control-allow-methods": (entry.method ?? []).join(","),
      "access-control-allow-headers": (entry.responseHeader ?? []).join(","),
      "access-control-max-age": String(entry.maxAgeSeconds ?? 3600),
    },
    body: "",
  };
};
