// Pure. Cloud Storage's JSON: addresses, the fields that are asked for, and the object resource in both directions.
import { crc32c } from "@node-rs/crc32";
import { DeployError } from "../deploy-error.ts";
import type { ObjectHeaders, ObjectInfo } from "./object-store.ts";

/** The object resource on the wire: int64 as decimal text, absent for empty. */
export type ObjectJson = {
  readonly name?: string;
  readonly generation?: string;
  readonly metageneration?: string;
  readonly size?: string;
  readonly crc32c?: string;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentEncoding?: string;
  readonly metadata?: Readonly<Record<string, string>>;
};

export const objectFields =
  "name,generation,metageneration,size,crc32c,contentType,cacheControl,contentEncoding,metadata";
/** What a write's answer is asked for. */
export const writeFields = "generation,metageneration,crc32c";

export const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(query).toString()}`;

/** In the path an object's name is one segment: its slashes are encoded too. */
export const objectPath = (bucket: string, name: string): string =>
  `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;

export const uploadPath = (bucket: string, uploadType: "multipart" | "resumable", ifGenerationMatch: string): string =>
  `/upload/storage/v1/b/${bucket}/o?uploadType=${uploadType}&ifGenerationMatch=${ifGenerationMatch}&fields=${writeFields}`;

export function listPath(bucket: string, prefix: string | undefined, pageToken: string | undefined): string {
  return withQuery(`/storage/v1/b/${bucket}/o`, {
    maxResults: "1000",
    fields: `kind,nextPageToken,items(${objectFields})`,
    ...(prefix && { prefix }),
    ...(pageToken !== undefined && { pageToken }),
  });
}

/** @throws DeployError `remote-failed` for what is no object resource: a write must not be based on it. */
export function parseObject(json: ObjectJson, subject: string): ObjectInfo {
  const { name, metageneration, size = "0", contentType, cacheControl, contentEncoding, metadata } = json;
  if (typeof name !== "string" || name === "" || !isInt64(metageneration) || !isInt64(size))
    throw foreignAnswer(subject, "it holds what is no object");
  return {
    name,
    generation: parseGeneration(json.generation, subject),
    metageneration,
    sizeBytes: Number(size),
    crc32c: json.crc32c ?? "",
    ...(contentType && { contentType }),
    ...(cacheControl && { cacheControl }),
    ...(contentEncoding && { contentEncoding }),
    ...(metadata && { metadata }),
  };
}

const isInt64 = (value: unknown): value is string => typeof value === "string" && /^\d{1,20}$/.test(value);

/** @throws DeployError `remote-failed` where it is none: later writes name it as their precondition. */
export function parseGeneration(value: unknown, subject: string): string {
  if (isInt64(value)) return value;
  throw foreignAnswer(subject, "it names no generation");
}

/** For what something else than Cloud Storage has answered, such as a proxy or a sign-in page. */
export const foreignAnswer = (subject: string, detail: string): DeployError =>
  new DeployError("remote-failed", {
    subject,
    message: `the answer is not one of Cloud Storage's API: ${detail}`,
    hint: "is the endpoint right, and nothing between here and it that answers by itself?",
  });

/** Headers of a new object: what is empty is left out. */
export const insertJson = (headers: ObjectHeaders): Readonly<Record<string, unknown>> =>
  headersJson(headers, undefined);

/** A change of headers: null removes a field, and one that is absent stays as it is. */
export const patchJson = (headers: ObjectHeaders): Readonly<Record<string, unknown>> => headersJson(headers, null);

function headersJson(
  { contentType, cacheControl, contentEncoding, metadata }: ObjectHeaders,
  empty: null | undefined,
): Readonly<Record<string, unknown>> {
  const mapped = (value: string | undefined): string | null | undefined => (value === "" ? empty : value);
  return {
    contentType: mapped(contentType),
    cacheControl: mapped(cacheControl),
    contentEncoding: mapped(contentEncoding),
    metadata: metadata && Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, mapped(value)])),
  };
}

/** Are all given headers what the object has? An empty value is equal to an absent one. */
export function hasHeaders(object: ObjectHeaders, { metadata = {}, ...headers }: ObjectHeaders): boolean {
  const same = (field: keyof typeof headers): boolean =>
    headers[field] === undefined || (object[field] ?? "") === headers[field];
  return (
    same("contentType") &&
    same("cacheControl") &&
    same("contentEncoding") &&
    Object.entries(metadata).every(([key, value]) => (object.metadata?.[key] ?? "") === value)
  );
}

const word = Buffer.alloc(4);

/** As on the wire: base64 of the big-endian value. */
export function encodeCrc32c(value: number): string {
  word.writeUInt32BE(value);
  return word.toString("base64");
}

export const crc32cOf = (bytes: Uint8Array): string => encodeCrc32c(crc32c(bytes));

/** `x-goog-hash: crc32c=…,md5=…`, in one header or several; undefined where it is not told. */
export function storedCrc32c(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header : (header?.join(",") ?? "");
  return /(?:^|[,\s])crc32c=([A-Za-z0-9+/=]+)/.exec(text)?.[1];
}
