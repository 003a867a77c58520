// Finding the object that a request means, and telling its bytes' readers whether anyone may read them.
import type { CloudRequest } from "../server/types.ts";
import { isPublic } from "./bucket-policy.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { bucketResourceName } from "./bucket-store.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { ObjectTarget } from "./object-writes.ts";
import { readNumber, readPreconditions } from "./preconditions.ts";
import type { StorageContext } from "./storage-context.ts";
import { noSuchObject, StorageError } from "./storage-error.ts";
import { isFlagSet, param } from "./storage-route.ts";

export type FoundObject = { readonly bucket: BucketRecord; readonly record: ObjectRecord };

/** Bucket, name, generation and preconditions of a request. Throws 404 for the bucket. */
export const readTarget = ({ buckets }: StorageContext, request: CloudRequest): ObjectTarget => ({
  bucket: buckets.require(param(request, "bucket")),
  name: param(request, "object"),
  generation: readNumber(request.query, "generation"),
  preconditions: readPreconditions(request.query),
});

/** May this caller know that there is no such object? Without the right to list, an absent object is forbidden. */
export const missingObject = ({ cloud }: StorageContext, request: CloudRequest, bucket: string, name: string) => {
  cloud.authorize(request.principal, "storage.objects.list", bucketResourceName(bucket));
  return noSuchObject(bucket, name);
};

/** Also finds soft-deleted generations where the query asks for them. Throws 404. */
export const findObject = (context: StorageContext, request: CloudRequest): FoundObject => {
  const { bucket, name, generation } = readTarget(context, request);
  const softDeleted = isFlagSet(request, "softDeleted");
  if (softDeleted && generation === undefined)
    throw new StorageError("required", "A generation is required for a soft-deleted object.", "generation");
  const record =
    softDeleted && generation !== undefined
      ? context.objects.findSoftDeleted(bucket.name, name, generation)
      : context.objects.find(bucket.name, name, generation);
  if (record === undefined) throw missingObject(context, request, bucket.name, name);
  return { bucket, record };
};

/** By the bucket's own policy, or one above it. */
export const mayAnyone = (
  { buckets, cloud }: StorageContext,
  permission: "storage.objects.get" | "storage.objects.list",
  bucket: string,
): boolean =>
  isPublic(buckets.policy(bucket), permission) || cloud.allows("anonymous", permission, bucketResourceName(bucket));

/** For a write that takes the place of a live object, which needs the right to delete it. */
export const beforeOverwrite =
  ({ cloud }: StorageContext, request: CloudRequest, bucket: string) =>
  (): void =>
    cloud.authorize(request.principal, "storage.objects.delete", bucketResourceName(bucket));
