// Objects as browsers get them: no JSON, errors in XML, the bucket's CORS rules. The bucket's policy counts whatever the
// cloud's IAM mode is: whether a site is public is part of the site.
import type { IncomingHttpHeaders } from "node:http";
import { ANONYMOUS } from "../server/principal.ts";
import type { CloudResponse, HttpMethod } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { bucketResourceName } from "./bucket-store.ts";
import { corsHeaders } from "./cors.ts";
import { mediaResponse } from "./media-response.ts";
import { mayAnyone } from "./object-access.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { StorageContext } from "./storage-context.ts";
import { xmlError } from "./xml.ts";

export type PublicRequest = {
  readonly method: HttpMethod;
  readonly headers: IncomingHttpHeaders;
  readonly principal: string;
};

type Permission = "storage.objects.get" | "storage.objects.list";

/** May this caller? Anonymous ones only what is public; for others the cloud's mode decides. */
export const isAllowed = (
  context: StorageContext,
  { principal }: PublicRequest,
  permission: Permission,
  bucket: string,
): boolean => {
  if (mayAnyone(context, permission, bucket)) return true;
  if (principal === ANONYMOUS) return false;
  try {
    context.cloud.authorize(principal, permission, bucketResourceName(bucket));
    return true;
  } catch {
    return false;
  }
};

export const denied = ({ principal }: PublicRequest, permission: Permission): CloudResponse => {
  const caller = principal === ANONYMOUS ? "Anonymous caller" : principal;
  return xmlError("AccessDenied", `${caller} does not have ${permission} access to the Google Cloud Storage object.`);
};

/** An absent object is told only to those who may list: https://cloud.google.com/storage/docs/xml-api/reference-status#404 */
export const absent = (context: StorageContext, request: PublicRequest, bucket: string, name: string): CloudResponse =>
  isAllowed(context, request, "storage.objects.list", bucket)
    ? xmlError("NoSuchKey", `No such object: ${bucket}/${name}`)
    : denied(request, "storage.objects.get");

/** The object's bytes, for GET and HEAD. */
export const serveObject = async (
  context: StorageContext,
  request: PublicRequest,
  bucket: BucketRecord,
  record: ObjectRecord,
): Promise<CloudResponse> => {
  if (!isAllowed(context, request, "storage.objects.get", bucket.name)) return denied(request, "storage.objects.get");
  const content = request.method === "HEAD" ? undefined : await context.objects.open(record);
  if (content === undefined && request.method !== "HEAD") return absent(context, request, bucket.name, record.name);
  const response = await mediaResponse({
    headers: request.headers,
    record,
    isPublic: mayAnyone(context, "storage.objects.get", bucket.name),
    storageClass: record.attributes.storageClass ?? bucket.config.storageClass,
    content,
  });
  const cors = corsHeaders(bucket, request.headers, request.method);
  return { ...response, headers: { ...response.headers, ...cors } };
};

/** An object's name from a path, still percent-encoded and without its leading slash; undefined where that is malformed. */
export const decodeName = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};
