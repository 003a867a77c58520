// https://cloud.google.com/storage/docs/json_api/v1/objects
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";
import { bucketResourceName } from "./bucket-store.ts";
import { etagOf } from "./etag.ts";
import { asBody } from "./json-value.ts";
import type { ListQuery } from "./list-objects.ts";
import { mediaResponse } from "./media-response.ts";
import { beforeOverwrite, type FoundObject, findObject, mayAnyone, readTarget } from "./object-access.ts";
import { patchAttributes, readAttributes, requireCustomTimeKept } from "./object-attributes.ts";
import { objectResource } from "./object-resource.ts";
import type { ListedKind } from "./object-rows.ts";
import { parseFields, selectField } from "./partial-response.ts";
import { conditionNotMet, judge, readNumber, readPreconditions } from "./preconditions.ts";
import type { StorageContext } from "./storage-context.ts";
import { noSuchObject, StorageError } from "./storage-error.ts";
import { isFlagSet, param, refuseAcls, refuseParameters, type StorageMethod, storageRoutes } from "./storage-route.ts";

const MAX_PAGE = 1_000;

const respond = (request: CloudRequest, { bucket, record }: FoundObject): CloudResponse => {
  const fields = parseFields(request.query.get("fields"));
  return { status: 200, json: objectResource(record, { origin: request.origin, bucket }, fields) };
};

/** The object's bytes. Also for HEAD, which opens nothing. */
export const download = async (
  context: StorageContext,
  request: CloudRequest,
  { bucket, record }: FoundObject,
): Promise<CloudResponse> => {
  const content = request.method === "HEAD" ? undefined : await context.objects.open(record);
  if (content === undefined && request.method !== "HEAD") throw noSuchObject(bucket.name, record.name);
  return await mediaResponse({
    headers: request.headers,
    record,
    isPublic: mayAnyone(context, "storage.objects.get", bucket.name),
    storageClass: record.attributes.storageClass ?? bucket.config.storageClass,
    content,
  });
};

/** The JSON resource's own etag in `If-None-Match`, as clients send it back. */
const isUnchanged = ({ headers }: CloudRequest, { record }: FoundObject): boolean =>
  headers["if-none-match"]?.replaceAll('"', "") === etagOf(record.generation, record.metageneration);

const get = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const found = findObject(context, request);
  const verdict = judge(readPreconditions(request.query), found.record);
  if (verdict === "failed") throw conditionNotMet();
  if (verdict === "not-modified") return { status: 304 };
  if (request.query.get("alt") === "media") return await download(context, request, found);
  return isUnchanged(request, found) ? { status: 304 } : respond(request, found);
};

const listKind = (request: CloudRequest): ListedKind => {
  const versions = isFlagSet(request, "versions");
  const softDeleted = isFlagSet(request, "softDeleted");
  if (versions && softDeleted)
    throw new StorageError("invalid", "versions and softDeleted cannot be true together.", "softDeleted");
  return softDeleted ? "soft-deleted" : versions ? "versions" : "live";
};

const readListQuery = (request: CloudRequest): ListQuery => {
  const { query } = request;
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    startOffset: query.get("startOffset") ?? "",
    endOffset: query.get("endOffset") ?? undefined,
    includeTrailingDelimiter: isFlagSet(request, "includeTrailingDelimiter"),
    maxResults: Math.min(readNumber(query, "maxResults") || MAX_PAGE, MAX_PAGE),
    pageToken: query.get("pageToken") || undefined,
  };
};

const list = ({ buckets, objects }: StorageContext, request: CloudRequest): CloudResponse => {
  refuseParameters(request, "matchGlob", "filter");
  const bucket = buckets.require(param(request, "bucket"));
  const fields = parseFields(request.query.get("fields"));
  const page = objects.list(bucket.name, listKind(request), readListQuery(request));
  const context = { origin: request.origin, bucket };
  const wanted = (name: string, value: unknown): Readonly<Record<string, unknown>> =>
    value === undefined || selectField(fields, name) === undefined ? {} : { [name]: value };
  const ofItems = selectField(fields, "items");
  const items = page.items.length > 0 && ofItems ? page.items : undefined;
  return {
    status: 200,
    json: {
      ...wanted("kind", "storage#objects"),
      ...wanted("nextPageToken", page.nextPageToken),
      ...wanted("prefixes", page.prefixes.length > 0 ? page.prefixes : undefined),
      ...(items !== undefined && { items: items.map((record) => objectResource(record, context, ofItems)) }),
    },
  };
};

const patch = (context: StorageContext, request: CloudRequest, json: unknown): CloudResponse => {
  const target = readTarget(context, request);
  refuseAcls(request, target.bucket);
  const record = context.objects.update(target, (before) => patchAttributes(before, asBody(json)));
  return respond(request, { bucket: target.bucket, record });
};

const update = (context: StorageContext, request: CloudRequest, json: unknown): CloudResponse => {
  const target = readTarget(context, request);
  refuseAcls(request, target.bucket);
  const record = context.objects.update(target, (before) => {
    const after = readAttributes(asBody(json));
    requireCustomTimeKept(before, after);
    return after;
  });
  return respond(request, { bucket: target.bucket, record });
};

const restore = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const { bucket, name, generation, preconditions } = readTarget(context, request);
  if (generation === undefined) throw new StorageError("required", "Required parameter: generation", "generation");
  const content = context.objects.findSoftDeleted(bucket.name, name, generation);
  if (content === undefined) throw noSuchObject(bucket.name, name);
  context.cloud.authorize(request.principal, "storage.objects.create", bucketResourceName(bucket.name));
  const record = await context.objects.create({
    ...{ bucket, name, content, preconditions, attributes: content.attributes },
    beforeOverwrite: beforeOverwrite(context, request, bucket.name),
  });
  return respond(request, { bucket, record });
};

export const objectRoutes = (context: StorageContext): readonly Route[] => {
  const path = "b/{bucket}/o/{object}";
  const getMethod: StorageMethod = {
    ...{ rpc: "storage.objects.get", method: "GET", path, permission: "storage.objects.get" },
    handle: (request) => get(context, request),
  };
  const methods: readonly StorageMethod[] = [
    getMethod,
    {
      ...{ rpc: "storage.objects.list", method: "GET", path: "b/{bucket}/o", permission: "storage.objects.list" },
      handle: (request) => list(context, request),
    },
    {
      ...{ rpc: "storage.objects.patch", method: "PATCH", path, permission: "storage.objects.update" },
      handle: async (request) => patch(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.objects.update", method: "PUT", path, permission: "storage.objects.update" },
      handle: async (request) => update(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.objects.delete", method: "DELETE", path, permission: "storage.objects.delete" },
      handle: (request) => {
        context.objects.delete(readTarget(context, request));
        return { status: 204 };
      },
    },
    {
      ...{ rpc: "storage.objects.restore", method: "POST", path: `${path}/restore` },
      permission: "storage.objects.restore",
      handle: (request) => restore(context, request),
    },
  ];
  return [
    ...methods.flatMap((method) => storageRoutes(context.buckets, method)),
    ...storageRoutes(context.buckets, getMethod, ["/download/storage/v1/"]),
  ];
};
