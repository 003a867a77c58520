// A bucket as a website, on a host of its own: https://cloud.google.com/storage/docs/static-website
//
//   /           MainPageSuffix
//   /dir/       the object `dir/`, else `dir/` + MainPageSuffix
//   /dir        the object `dir`, else 301 to `/dir/` where `dir/` + MainPageSuffix exists
//   not found   NotFoundPage with code 404, else an error in XML; 403 where the public may not list the bucket
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { ANONYMOUS } from "../server/principal.ts";
import { parseTarget } from "../server/request-target.ts";
import { sendResponse } from "../server/send-response.ts";
import type { CloudResponse, HostHandler } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { preflight } from "./cors.ts";
import { absent, decodeName, isAllowed, type PublicRequest, serveObject } from "./public-object.ts";
import type { StorageContext } from "./storage-context.ts";
import { xmlError } from "./xml.ts";
import { listBucket } from "./xml-routes.ts";

const HOST_SUFFIX = ".localhost";
/** Services of Cloud Run have their hosts below this one. */
const RUN_SUFFIX = ".run.localhost";

const bucketOf = (host: string): string => host.slice(0, -HOST_SUFFIX.length);

const withoutConditions = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const { range: _range, "if-none-match": _tag, "if-modified-since": _since, ...rest } = headers;
  return rest;
};

/** The page for what is not there: whole, whatever part of the missing object was asked for. */
const serveMissing = async (
  context: StorageContext,
  request: PublicRequest,
  bucket: BucketRecord,
  name: string,
): Promise<CloudResponse> => {
  const page = bucket.config.website?.notFoundPage;
  const mayKnow = isAllowed(context, request, "storage.objects.list", bucket.name);
  const record = page !== undefined && mayKnow ? context.objects.find(bucket.name, page) : undefined;
  if (record === undefined) return absent(context, request, bucket.name, name);
  const whole = { ...request, headers: withoutConditions(request.headers) };
  return { ...(await serveObject(context, whole, bucket, record)), status: 404 };
};

const serve = async (
  context: StorageContext,
  request: PublicRequest,
  bucket: BucketRecord,
  path: string,
): Promise<CloudResponse> => {
  const name = decodeName(path.slice(1));
  if (name === undefined) return xmlError("InvalidArgument", "Malformed percent-encoding in the path.");
  const suffix = bucket.config.website?.mainPageSuffix;
  if (name === "" && suffix === undefined) return listBucket(context, request, bucket, new URLSearchParams());
  const find = (wanted: string) => context.objects.find(bucket.name, wanted);
  const isFolder = name === "" || name.endsWith("/");
  const record = (name === "" ? undefined : find(name)) ?? (isFolder && suffix ? find(name + suffix) : undefined);
  if (record !== undefined) return await serveObject(context, request, bucket, record);
  if (!isFolder && suffix !== undefined && find(`${name}/${suffix}`) !== undefined)
    return { status: 301, headers: { location: `${path}/` }, body: "" };
  return await serveMissing(context, request, bucket, name);
};

const websiteResponse = async (context: StorageContext, message: IncomingMessage): Promise<CloudResponse> => {
  const { host = "", path = "/" } = parseTarget(message) ?? {};
  const bucket = context.buckets.find(bucketOf(host));
  const { method, headers } = message;
  if (bucket === undefined) return xmlError("NoSuchBucket");
  if (method === "OPTIONS") return preflight(bucket, headers);
  if (method !== "GET" && method !== "HEAD") return xmlError("MethodNotAllowed");
  return await serve(context, { method, headers, principal: ANONYMOUS }, bucket, path);
};

/** Claims `BUCKET.localhost`, also where there is no such bucket: that is a website's own 404. */
export const createWebsiteHandler = (context: StorageContext): HostHandler => ({
  claims: (host) => host.endsWith(HOST_SUFFIX) && !host.endsWith(RUN_SUFFIX),
  handle: async (message: IncomingMessage, response: ServerResponse) => {
    try {
      await sendResponse(response, await websiteResponse(context, message));
    } catch (error) {
      // A browser that went away in the middle of an answer is none of the cloud's business.
      if (!response.destroyed) throw error;
    }
  },
});
