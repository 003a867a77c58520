// https://cloud.google.com/storage/docs/json_api/v1/buckets
import type { CloudRequest, Route } from "../server/types.ts";
import { readBucketConfig } from "./bucket-config.ts";
import type { BucketConfig, BucketRecord } from "./bucket-record.ts";
import { bucketResource } from "./bucket-resource.ts";
import { bucketResourceName } from "./bucket-store.ts";
import { asBody, asText, isJsonObject, mergePatch } from "./json-value.ts";
import { parseBucketName } from "./names.ts";
import { judge, readNumber, readPreconditions, requireConditions } from "./preconditions.ts";
import type { StorageContext } from "./storage-context.ts";
import { StorageError } from "./storage-error.ts";
import {
  jsonResponse,
  param,
  projectOf,
  refuseAcls,
  refuseParameters,
  type StorageMethod,
  storageRoutes,
} from "./storage-route.ts";

const MAX_PAGE = 1_000;

const insert = ({ buckets, cloud }: StorageContext, request: CloudRequest, json: unknown) => {
  const body = asBody(json);
  refuseParameters(request, "enableObjectRetention");
  refuseAcls(request, undefined);
  const name = parseBucketName(asText(body["name"] ?? "", "name"));
  const config = readBucketConfig(body, cloud.now());
  return jsonResponse(request, bucketResource(buckets.create(name, projectOf(request), config), request.origin));
};

const list = ({ buckets }: StorageContext, request: CloudRequest) => {
  const { query, origin } = request;
  refuseParameters(request, "softDeleted");
  const maxResults = Math.min(readNumber(query, "maxResults") || MAX_PAGE, MAX_PAGE);
  const prefix = query.get("prefix") ?? "";
  const after = Buffer.from(query.get("pageToken") ?? "", "base64url").toString();
  const found = buckets.list(projectOf(request)).filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = found.slice(0, maxResults);
  const last = page.length < found.length ? page.at(-1) : undefined;
  return jsonResponse(request, {
    kind: "storage#buckets",
    items: page.map((bucket) => bucketResource(bucket, origin)),
    ...(last !== undefined && { nextPageToken: Buffer.from(last.name).toString("base64url") }),
  });
};

const get = ({ buckets }: StorageContext, request: CloudRequest) => {
  refuseParameters(request, "softDeleted");
  const bucket = buckets.require(param(request, "bucket"));
  const conditions = readPreconditions(request.query);
  if (judge(conditions, bucket) === "not-modified") return { status: 304 };
  requireConditions(conditions, bucket);
  return jsonResponse(request, bucketResource(bucket, request.origin));
};

/** Where a bucket lies never changes. */
const requireSamePlace = (bucket: BucketRecord, config: BucketConfig): void => {
  if (config.location !== bucket.config.location)
    throw new StorageError("invalid", "A bucket's location cannot be changed.", "location");
};

/** Old times are not to be carried over to a setting that changes. */
const withoutTimes = (config: BucketConfig, patch: Readonly<Record<string, unknown>>) => {
  const { softDeletePolicy, ...rest } = config;
  const { retentionDurationSeconds } = softDeletePolicy;
  return patch["softDeletePolicy"] === undefined ? config : { ...rest, softDeletePolicy: { retentionDurationSeconds } };
};

const change = (
  { buckets, cloud }: StorageContext,
  request: CloudRequest,
  json: unknown,
  merge: (before: BucketConfig, sent: Readonly<Record<string, unknown>>) => unknown,
) => {
  const bucket = buckets.require(param(request, "bucket"));
  requireConditions(readPreconditions(request.query), bucket);
  refuseAcls(request, bucket);
  const merged = merge(bucket.config, asBody(json));
  const config = readBucketConfig(isJsonObject(merged) ? merged : {}, cloud.now());
  requireSamePlace(bucket, config);
  if (config.iamConfiguration.publicAccessPrevention !== bucket.config.iamConfiguration.publicAccessPrevention)
    cloud.authorize(request.principal, "storage.buckets.setIamPolicy", bucketResourceName(bucket.name));
  return jsonResponse(request, bucketResource(buckets.update(bucket, config), request.origin));
};

const remove = ({ buckets, objects }: StorageContext, request: CloudRequest) => {
  const bucket = buckets.require(param(request, "bucket"));
  requireConditions(readPreconditions(request.query), bucket);
  if (!objects.isEmpty(bucket.name)) throw new StorageError("conflict", "The bucket you tried to delete is not empty.");
  buckets.delete(bucket.name);
  objects.purge(bucket.name, 0);
  return { status: 204 };
};

const storageLayout = ({ buckets }: StorageContext, request: CloudRequest) => {
  const { name, config } = buckets.require(param(request, "bucket"));
  const { locationType } = bucketResource(buckets.require(name), request.origin);
  return jsonResponse(request, {
    kind: "storage#storageLayout",
    bucket: name,
    location: config.location,
    locationType,
    hierarchicalNamespace: { enabled: false },
  });
};

export const bucketRoutes = (context: StorageContext): readonly Route[] => {
  const methods: readonly StorageMethod[] = [
    {
      ...{ rpc: "storage.buckets.insert", method: "POST", path: "b", permission: "storage.buckets.create" },
      handle: async (request) => insert(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.buckets.list", method: "GET", path: "b", permission: "storage.buckets.list" },
      handle: (request) => list(context, request),
    },
    {
      ...{ rpc: "storage.buckets.get", method: "GET", path: "b/{bucket}", permission: "storage.buckets.get" },
      handle: (request) => get(context, request),
    },
    {
      ...{ rpc: "storage.buckets.patch", method: "PATCH", path: "b/{bucket}", permission: "storage.buckets.update" },
      handle: async (request) =>
        change(context, request, await request.json(), (before, patch) =>
          mergePatch(withoutTimes(before, patch), patch),
        ),
    },
    {
      ...{ rpc: "storage.buckets.update", method: "PUT", path: "b/{bucket}", permission: "storage.buckets.update" },
      handle: async (request) =>
        change(context, request, await request.json(), ({ location, storageClass }, sent) => ({
          ...{ location, storageClass },
          ...sent,
        })),
    },
    {
      ...{ rpc: "storage.buckets.delete", method: "DELETE", path: "b/{bucket}", permission: "storage.buckets.delete" },
      handle: (request) => remove(context, request),
    },
    {
      ...{ rpc: "storage.buckets.getStorageLayout", method: "GET", path: "b/{bucket}/storageLayout" },
      permission: "storage.objects.list",
      handle: (request) => storageLayout(context, request),
    },
  ];
  return methods.flatMap((method) => storageRoutes(context.buckets, method));
};
