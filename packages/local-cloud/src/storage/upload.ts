// What all kinds of uploads have in common: what is to become of the bytes, and making an object of them.
import type { CloudRequest, CloudResponse } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { type ExpectedChecksums, readHashHeaders, verifyChecksums } from "./content-hash.ts";
import { asText, type JsonObject } from "./json-value.ts";
import { parseObjectName } from "./names.ts";
import { beforeOverwrite } from "./object-access.ts";
import { readAttributes } from "./object-attributes.ts";
import type { ObjectAttributes } from "./object-record.ts";
import { objectResource } from "./object-resource.ts";
import type { NewObject } from "./object-writes.ts";
import { parseFields } from "./partial-response.ts";
import { type Preconditions, readPreconditions } from "./preconditions.ts";
import type { NewContent } from "./receive-content.ts";
import type { StorageContext } from "./storage-context.ts";
import { notImplementedHere } from "./storage-error.ts";
import { param, refuseAcls } from "./storage-route.ts";

export type UploadSpec = {
  readonly bucket: BucketRecord;
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly expected: ExpectedChecksums;
  readonly preconditions: Preconditions;
};

const expectedBy = (request: CloudRequest, metadata: JsonObject): ExpectedChecksums => {
  const { crc32c, md5Hash } = metadata;
  return {
    ...readHashHeaders(request.headers),
    ...(typeof crc32c === "string" && { crc32c }),
    ...(typeof md5Hash === "string" && { md5: md5Hash }),
  };
};

/** `contentType` is what the request's headers say; the metadata goes before it. */
export const readUploadSpec = (
  { buckets }: StorageContext,
  request: CloudRequest,
  metadata: JsonObject,
  contentType: string | undefined,
): UploadSpec => {
  const { query, headers } = request;
  const bucket = buckets.require(param(request, "bucket"));
  refuseAcls(request, bucket);
  if (headers["x-goog-encryption-algorithm"] !== undefined || query.has("kmsKeyName"))
    throw notImplementedHere("A customer's encryption key");
  const contentEncoding = query.get("contentEncoding");
  const given = {
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== null && { contentEncoding }),
  };
  const named = query.get("name") ?? metadata["name"];
  return {
    bucket,
    name: parseObjectName(named === undefined || named === null ? undefined : asText(named, "name")),
    attributes: readAttributes({ ...given, ...metadata }),
    expected: expectedBy(request, metadata),
    preconditions: readPreconditions(query),
  };
};

/** Makes an object of the bytes, or throws: for other bytes than the client meant, and as ObjectWrites.create does. */
export const completeUpload = async (
  context: StorageContext,
  request: CloudRequest,
  { expected, ...spec }: UploadSpec,
  content: NewContent,
  options: Pick<NewObject, "onCommit" | "keepOnFailure"> = {},
): Promise<CloudResponse> => {
  try {
    verifyChecksums(content, expected);
  } catch (error) {
    if ("file" in content.stored && !options.keepOnFailure) await context.objects.files.remove(content.stored.file);
    throw error;
  }
  const { bucket, name, attributes, preconditions } = spec;
  const record = await context.objects.create({
    ...{ bucket, name, attributes, preconditions, content },
    beforeOverwrite: beforeOverwrite(context, request, bucket.name),
    ...options,
  });
  const fields = parseFields(request.query.get("fields"));
  return { status: 200, json: objectResource(record, { origin: request.origin, bucket }, fields) };
};
