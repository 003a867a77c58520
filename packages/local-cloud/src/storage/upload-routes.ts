// Uploads: https://cloud.google.com/storage/docs/json_api/v1/objects/insert

import { parseJson } from "../server/read-json.ts";
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";
import { asBody, type JsonObject } from "./json-value.ts";
import { type BodyPart, boundaryOf, readParts } from "./multipart-body.ts";
import { requireConditions } from "./preconditions.ts";
import { cancelResumable, continueResumable, type ResumableUploads, startResumable } from "./resumable.ts";
import type { StorageContext } from "./storage-context.ts";
import { StorageError } from "./storage-error.ts";
import { type StorageMethod, storageRoutes } from "./storage-route.ts";
import { completeUpload, readUploadSpec, type UploadSpec } from "./upload.ts";

/** gcloud sends large files to the second. */
const UPLOAD_ROOTS = ["/upload/storage/v1/", "/resumable/upload/storage/v1/"];

/** A metadata part: an object's resource without its bytes. */
const MAX_METADATA_BYTES = 1024 * 1024;

/** Before the bytes are taken in vain. The same is asked again when they are there. */
const refuseEarly = ({ objects }: StorageContext, { bucket, name, preconditions }: UploadSpec): void =>
  requireConditions(preconditions, objects.find(bucket.name, name));

const uploadMedia = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const spec = readUploadSpec(context, request, {}, request.headers["content-type"]);
  refuseEarly(context, spec);
  return await completeUpload(context, request, spec, await context.objects.receive(request.body));
};

const readMetadataPart = async (part: BodyPart): Promise<JsonObject> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of part.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_METADATA_BYTES) throw new StorageError("uploadTooLarge", "The metadata part is too large.");
    chunks.push(chunk);
  }
  return asBody(parseJson(Buffer.concat(chunks)));
};

const nextPart = async (parts: AsyncGenerator<BodyPart>): Promise<BodyPart> => {
  const { value, done } = await parts.next();
  if (!done) return value;
  throw new StorageError("parseError", "Malformed multipart body: a metadata part and a media part are required.");
};

const uploadMultipart = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const boundary = boundaryOf(request.headers["content-type"]);
  if (boundary === undefined) throw new StorageError("parseError", "The request is not multipart/related.");
  const parts = readParts(request.body, boundary);
  const metadata = await readMetadataPart(await nextPart(parts));
  const media = await nextPart(parts);
  if (/base64|quoted/i.test(media.headers["content-transfer-encoding"] ?? ""))
    throw new StorageError("notImplemented", "Content-Transfer-Encoding of a media part is not implemented.");
  const spec = readUploadSpec(context, request, metadata, media.headers["content-type"]);
  refuseEarly(context, spec);
  const content = await context.objects.receive(media.body);
  // The end of the last part: what is cut off there must not become an object.
  await parts.next();
  return await completeUpload(context, request, spec, content);
};

const insert = (context: StorageContext, request: CloudRequest) => {
  const type = request.query.get("uploadType") ?? request.query.get("upload_protocol");
  switch (type) {
    case "media":
    case "raw":
      return uploadMedia(context, request);
    case "multipart":
      return uploadMultipart(context, request);
    case "resumable":
      return startResumable(context, request);
    default:
      throw new StorageError("invalid", `Invalid uploadType: ${String(type).slice(0, 50)}`, "uploadType");
  }
};

export const uploadRoutes = (context: StorageContext, uploads: ResumableUploads): readonly Route[] => {
  const path = "b/{bucket}/o";
  const methods: readonly StorageMethod[] = [
    {
      ...{ rpc: "storage.objects.insert", method: "POST", path, permission: "storage.objects.create" },
      handle: (request) => insert(context, request),
    },
    // Whoever has the session's address goes on with it: it was the start that asked for the permission.
    {
      ...{ rpc: "storage.objects.insert", method: "PUT", path },
      handle: (request) => continueResumable(context, request, uploads),
    },
    {
      ...{ rpc: "storage.objects.insert", method: "DELETE", path },
      handle: (request) => cancelResumable(context, request, uploads),
    },
  ];
  return methods.flatMap((method) => storageRoutes(context.buckets, method, UPLOAD_ROOTS));
};
