// The few answers that Cloud Storage gives in XML: errors of downloads and websites, and the list of a bucket.
// https://cloud.google.com/storage/docs/xml-api/reference-status and .../xml-api/get-bucket-list
import type { CloudResponse } from "../server/types.ts";
import { mediaEtag } from "./media-response.ts";
import type { ObjectRecord } from "./object-record.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const element = (name: string, text: string | number): string => `<${name}>${escapeXml(String(text))}</${name}>`;

const headers = { "content-type": "application/xml; charset=UTF-8", "cache-control": "private, max-age=0" };

const document = (root: string): string => `<?xml version='1.0' encoding='UTF-8'?>${root}`;

export type XmlErrorCode =
  | "AccessDenied"
  | "InvalidArgument"
  | "MethodNotAllowed"
  | "NoSuchBucket"
  | "NoSuchKey"
  | "NotImplemented"
  | "PreconditionFailed";

const errors: Readonly<Record<XmlErrorCode, readonly [number, string]>> = {
  AccessDenied: [403, "Access denied."],
  InvalidArgument: [400, "Invalid argument."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  NoSuchBucket: [404, "The specified bucket does not exist."],
  NoSuchKey: [404, "The specified key does not exist."],
  NotImplemented: [501, "The request is not implemented in the local cloud."],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold."],
};

export const xmlError = (code: XmlErrorCode, details: string = ""): CloudResponse => {
  const [status, message] = errors[code];
  const parts = [element("Code", code), element("Message", message), details && element("Details", details)];
  return { status, headers, body: document(`<Error>${parts.join("")}</Error>`) };
};

export type XmlListing = {
  readonly bucket: string;
  readonly prefix: string;
  readonly items: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  readonly nextMarker: string | undefined;
};

const contents = (record: ObjectRecord): string =>
  [
    "<Contents>",
    element("Key", record.name),
    element("Generation", record.generation),
    element("MetaGeneration", record.metageneration),
    element("LastModified", new Date(record.updatedMs).toISOString()),
    element("ETag", mediaEtag(record)),
    element("Size", record.sizeBytes),
    "</Contents>",
  ].join("");

export const xmlListing = ({ bucket, prefix, items, prefixes, nextMarker }: XmlListing): CloudResponse => ({
  status: 200,
  headers,
  body: document(
    [
      "<ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>",
      element("Name", bucket),
      element("Prefix", prefix),
      element("IsTruncated", String(nextMarker !== undefined)),
      nextMarker === undefined ? "" : element("NextMarker", nextMarker),
      ...items.map(contents),
      ...prefixes.map((name) => `<CommonPrefixes>${element("Prefix", name)}</CommonPrefixes>`),
      "</ListBucketResult>",
    ].join(""),
  ),
});
