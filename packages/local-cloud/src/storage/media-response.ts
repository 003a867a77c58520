// An object's bytes as an HTTP answer: headers, conditions, ranges and decompressive transcoding.
// https://cloud.google.com/storage/docs/xml-api/get-object-download, https://cloud.google.com/storage/docs/transcoding
import type { IncomingHttpHeaders } from "node:http";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { CloudResponse } from "../server/types.ts";
import { parseByteRange } from "./content-range.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { OpenContent } from "./open-content.ts";

export type MediaRequest = {
  readonly headers: IncomingHttpHeaders;
  readonly record: ObjectRecord;
  /** Readable by anyone: such objects are cached by default. */
  readonly isPublic: boolean;
  readonly storageClass: string;
  /** Undefined for HEAD. */
  readonly content: OpenContent | undefined;
};

/** The md5 in hexadecimal, as in the XML API; of a composite object, which has none, its generation. */
export const mediaEtag = ({ md5, generation, metageneration }: ObjectRecord): string =>
  md5 === undefined ? `"-${generation}-${metageneration}"` : `"${Buffer.from(md5, "base64").toString("hex")}"`;

/** https://cloud.google.com/storage/docs/metadata#cache-control */
const cacheControlOf = ({ record, isPublic }: MediaRequest): string =>
  record.attributes.cacheControl ?? (isPublic ? "public, max-age=3600" : "private, max-age=0");

const listsTag = (header: string, etag: string): boolean =>
  header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);

/** RFC 9110, section 13: 304, 412 or undefined to go on. */
const judgeConditions = ({ headers, record }: MediaRequest): 304 | 412 | undefined => {
  const etag = mediaEtag(record);
  const ifNoneMatch = headers["if-none-match"];
  if (headers["if-match"] !== undefined && !listsTag(headers["if-match"], etag)) return 412;
  if (ifNoneMatch !== undefined) return listsTag(ifNoneMatch, etag) ? 304 : undefined;
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return Math.floor(record.updatedMs / 1000) * 1000 <= since ? 304 : undefined;
};

const acceptsGzip = (headers: IncomingHttpHeaders): boolean =>
  /(^|,)\s*(gzip|x-gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[^,]*)?\s*(,|$)/i.test(
    String(headers["accept-encoding"] ?? ""),
  );

/** Stored gzip for a client that cannot read it. Brotli is never decompressed. */
const mustGunzip = ({ headers, record }: MediaRequest): boolean =>
  record.attributes.contentEncoding === "gzip" &&
  !acceptsGzip(headers) &&
  !/\bno-transform\b/i.test(record.attributes.cacheControl ?? "");

/** Node sends a header's characters as single bytes: UTF-8 goes out as what was written. */
const asBytes = (text: string): string => Buffer.from(text).toString("latin1");

/** RFC 9110, section 5.6.2. Other names are in JSON only. */
const isHeaderName = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

const encodeMeta = (metadata: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const headers = Object.entries(metadata).filter(([key]) => isHeaderName(key));
  return Object.fromEntries(headers.map(([key, value]) => [`x-goog-meta-${key}`, asBytes(value)]));
};

const commonHeaders = (request: MediaRequest): Record<string, string> => {
  const { record, storageClass } = request;
  const { attributes, crc32c, md5, generation, metageneration, sizeBytes } = record;
  const { contentType, contentEncoding, contentDisposition, contentLanguage } = attributes;
  return {
    "content-type": asBytes(contentType ?? "application/octet-stream"),
    "cache-control": asBytes(cacheControlOf(request)),
    etag: mediaEtag(record),
    "last-modified": new Date(record.updatedMs).toUTCString(),
    "x-goog-generation": String(generation),
    "x-goog-metageneration": String(metageneration),
    "x-goog-hash": md5 === undefined ? `crc32c=${crc32c}` : `crc32c=${crc32c},md5=${md5}`,
    "x-goog-stored-content-encoding": asBytes(contentEncoding ?? "identity"),
    "x-goog-stored-content-length": String(sizeBytes),
    "x-goog-storage-class": storageClass,
    ...encodeMeta(attributes.metadata),
    ...(contentDisposition !== undefined && { "content-disposition": asBytes(contentDisposition) }),
    ...(contentLanguage !== undefined && { "content-language": asBytes(contentLanguage) }),
    ...(contentEncoding === "gzip" && { vary: "Accept-Encoding" }),
    ...(record.componentCount !== undefined && { "x-goog-component-count": String(record.componentCount) }),
  };
};

const gunzip = (source: Readable | Buffer): Readable => {
  const target = createGunzip();
  // What was stored as gzip and is none breaks off; the error reaches whoever sends the target.
  pipeline(source instanceof Readable ? source : Readable.from([source]), target, () => {});
  return target;
};

const transcoded = (request: MediaRequest): CloudResponse => ({
  status: 200,
  headers: {
    ...commonHeaders(request),
    warning: "214 UploadServer gunzipped",
    "x-guploader-response-body-transformations": "gunzipped",
  },
  body: request.content === undefined ? new Uint8Array() : gunzip(request.content.read("all")),
});

const stored = (request: MediaRequest): CloudResponse => {
  const { headers, record, content } = request;
  const { contentEncoding } = record.attributes;
  const common = {
    ...commonHeaders(request),
    "accept-ranges": "bytes",
    ...(contentEncoding !== undefined && { "content-encoding": asBytes(contentEncoding) }),
  };
  const range = parseByteRange(headers.range, record.sizeBytes);
  if (range === "unsatisfiable")
    return {
      status: 416,
      headers: { ...common, "content-range": `bytes */${record.sizeBytes}`, "content-length": "0" },
    };
  const sizeBytes = range === "all" ? record.sizeBytes : range.last - range.first + 1;
  const part = range !== "all" && { "content-range": `bytes ${range.first}-${range.last}/${record.sizeBytes}` };
  return {
    status: range === "all" ? 200 : 206,
    headers: { ...common, ...part, "content-length": String(sizeBytes) },
    body: content?.read(range) ?? new Uint8Array(),
  };
};

/** The answer to a download. Takes over `content`: reads it or closes it. */
export const mediaResponse = async (request: MediaRequest): Promise<CloudResponse> => {
  const { content } = request;
  const refused = judgeConditions(request);
  const response = mustGunzip(request) ? transcoded(request) : stored(request);
  if (refused === undefined && response.status !== 416) return response;
  await content?.close();
  if (refused === undefined) return { status: 416, headers: response.headers ?? {} };
  return { status: refused, headers: commonHeaders(request) };
};
