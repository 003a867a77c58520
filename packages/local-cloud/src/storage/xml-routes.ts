// The part of the XML API that public links use: `/BUCKET/OBJECT` and the list of a bucket.
// https://cloud.google.com/storage/docs/xml-api/overview
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudRequest, CloudResponse, CloudService, Route } from "../server/types.ts";
import { prefixEnd } from "../store/prefix-end.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { preflight } from "./cors.ts";
import { compareNames } from "./list-objects.ts";
import { headerPreconditions, judge, readNumber } from "./preconditions.ts";
import { absent, decodeName, denied, isAllowed, type PublicRequest, serveObject } from "./public-object.ts";
import type { StorageContext } from "./storage-context.ts";
import { param } from "./storage-route.ts";
import { xmlError, xmlListing } from "./xml.ts";

/** Parameters that make another method of it, or a signed address. Any other is ignored, as caches' own are. */
const REFUSED_PARAMETERS =
  "acl billing compose cors encryption lifecycle list-type location logging retention storageClass tagging uploadId uploads versioning versions websiteConfig X-Goog-Signature X-Goog-Algorithm X-Amz-Signature Signature GoogleAccessId".split(
    " ",
  );
const MAX_KEYS = 1_000;
const STORAGE_HOST = "storage.googleapis.com";

/** The first name after a marker, which may be a name or a prefix that was shown. */
const afterMarker = (marker: string, delimiter: string): string => {
  if (marker === "") return "";
  const isPrefix = delimiter !== "" && marker.endsWith(delimiter);
  return (isPrefix ? prefixEnd(marker) : undefined) ?? `${marker}\0`;
};

/** `ListBucketResult`: only for those who may list. */
export const listBucket = (
  context: StorageContext,
  request: PublicRequest,
  bucket: BucketRecord,
  query: URLSearchParams,
): CloudResponse => {
  if (!isAllowed(context, request, "storage.objects.list", bucket.name)) return denied(request, "storage.objects.list");
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const page = context.objects.list(bucket.name, "live", {
    prefix,
    delimiter,
    startOffset: afterMarker(query.get("marker") ?? "", delimiter),
    endOffset: undefined,
    includeTrailingDelimiter: false,
    maxResults: Math.min(readNumber(query, "max-keys") || MAX_KEYS, MAX_KEYS),
    pageToken: undefined,
  });
  const shown = [...page.items.map(({ name }) => name), ...page.prefixes].sort(compareNames);
  const nextMarker = page.nextPageToken === undefined ? undefined : shown.at(-1);
  return xmlListing({ ...page, bucket: bucket.name, prefix, nextMarker });
};

/** First segments of other APIs' paths on the same host. */
const RESERVED = new Set(["b", "batch", "discovery", "download", "resumable", "storage", "upload"]);

const respond = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const bucket = context.buckets.find(param(request, "bucket"));
  if (bucket === undefined) return xmlError("NoSuchBucket");
  const { method, headers, path, query } = request;
  if (method === "OPTIONS") return preflight(bucket, headers);
  const refused = REFUSED_PARAMETERS.find((parameter) => query.has(parameter));
  if (refused !== undefined) return xmlError("NotImplemented", refused);
  const name = decodeName(path.slice(bucket.name.length + 2));
  if (name === undefined) return xmlError("InvalidArgument", "Malformed percent-encoding in the path.");
  if (name === "") return listBucket(context, request, bucket, query);
  const record = context.objects.find(bucket.name, name, readNumber(query, "generation"));
  if (record === undefined) return absent(context, request, bucket.name, name);
  if (judge(headerPreconditions(headers), record) !== "holds") return xmlError("PreconditionFailed");
  return await serveObject(context, request, bucket, record);
};

/**
 * On loopback it claims only paths that begin with a bucket's name, so that an unknown method of another API stays one;
 * it is to be asked last.
 */
export const createXmlService = (context: StorageContext): CloudService => {
  const applies = (request: CloudRequest): boolean => {
    const bucket = param(request, "bucket");
    return !RESERVED.has(bucket) && (request.host === STORAGE_HOST || context.buckets.find(bucket) !== undefined);
  };
  const read = (method: Route["method"], template: string, rpc: string): Route => ({
    ...{ method, template, rpc, applies },
    write: false,
    handle: (request) => respond(context, request),
  });
  const refuse = (method: Route["method"], template: string, rpc: string): Route => ({
    ...notImplemented({ method, template, rpc }),
    applies,
  });
  const object = "/{bucket}/{object=**}";
  return {
    api: STORAGE_HOST,
    renderError: (error) =>
      xmlError(error.status === "UNIMPLEMENTED" ? "NotImplemented" : "InvalidArgument", error.message),
    routes: [
      read("GET", "/{bucket}", "storage.xml.listObjects"),
      read("GET", object, "storage.xml.getObject"),
      read("HEAD", object, "storage.xml.headObject"),
      read("OPTIONS", object, "storage.xml.preflight"),
      refuse("PUT", "/{bucket}", "storage.xml.putBucket"),
      refuse("DELETE", "/{bucket}", "storage.xml.deleteBucket"),
      refuse("PUT", object, "storage.xml.putObject"),
      refuse("POST", object, "storage.xml.postObject"),
      refuse("DELETE", object, "storage.xml.deleteObject"),
    ],
  };
};
