// New objects from existing ones: copy, rewrite, compose. Bytes are shared where they stay the same.
// https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite and its siblings copy and compose
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";
import { bucketResourceName } from "./bucket-store.ts";
import { asBody, asCount, asText, invalidValue, isJsonObject, type JsonObject } from "./json-value.ts";
import { parseObjectName } from "./names.ts";
import { beforeOverwrite, type FoundObject, missingObject } from "./object-access.ts";
import { readAttributes } from "./object-attributes.ts";
import type { ObjectAttributes, ObjectRecord } from "./object-record.ts";
import { objectResource } from "./object-resource.ts";
import { readNumber, readPreconditions, requireConditions } from "./preconditions.ts";
import type { StorageContext } from "./storage-context.ts";
import { notImplementedHere, StorageError } from "./storage-error.ts";
import {
  jsonResponse,
  param,
  refuseAcls,
  refuseParameters,
  type StorageMethod,
  storageRoutes,
} from "./storage-route.ts";

const MEBIBYTE = 1024 * 1024;
/** https://cloud.google.com/storage/quotas#objects */
const MAX_SOURCES = 32;

/** The object that is copied. Throws 404, and 412 for its own preconditions. */
const findSource = (context: StorageContext, request: CloudRequest): ObjectRecord => {
  const { buckets, objects, cloud } = context;
  const bucket = buckets.require(param(request, "sourceBucket"));
  const name = param(request, "sourceObject");
  cloud.authorize(request.principal, "storage.objects.get", bucketResourceName(bucket.name));
  const record = objects.find(bucket.name, name, readNumber(request.query, "sourceGeneration"));
  if (record === undefined) throw missingObject(context, request, bucket.name, name);
  requireConditions(readPreconditions(request.query, "ifSource"), record);
  return record;
};

/** Metadata that is sent takes the place of the source's; none at all keeps it. */
const attributesFor = (source: ObjectRecord, json: JsonObject): ObjectAttributes => {
  const sent = readAttributes(json);
  if (Object.keys(sent).length > 0) return sent;
  const { storageClass: _, ...kept } = source.attributes;
  return kept;
};

const createCopy = async (
  context: StorageContext,
  request: CloudRequest,
  source: ObjectRecord,
  json: unknown,
): Promise<FoundObject> => {
  const bucket = context.buckets.require(param(request, "destinationBucket"));
  refuseAcls(request, bucket);
  refuseParameters(request, "destinationKmsKeyName");
  const record = await context.objects.create({
    bucket,
    name: parseObjectName(param(request, "destinationObject")),
    content: source,
    attributes: attributesFor(source, asBody(json)),
    preconditions: readPreconditions(request.query),
    beforeOverwrite: beforeOverwrite(context, request, bucket.name),
  });
  return { bucket, record };
};

const resourceOf = (request: CloudRequest, { bucket, record }: FoundObject) =>
  objectResource(record, { origin: request.origin, bucket });

/** What a token stands for: which copy it is of, and how far it has come. */
type RewriteState = { readonly copy: string; readonly doneBytes: number };

const encodeToken = (state: RewriteState): string => Buffer.from(JSON.stringify(state)).toString("base64url");

const readToken = (request: CloudRequest, copy: string): number => {
  const token = request.query.get("rewriteToken");
  if (token === null || token === "") return 0;
  try {
    const state = JSON.parse(Buffer.from(token, "base64url").toString()) as RewriteState;
    if (state.copy === copy && Number.isSafeInteger(state.doneBytes)) return state.doneBytes;
  } catch {
    // Not one of ours: refused below.
  }
  throw new StorageError("invalid", "The rewrite token is invalid for this request.", "rewriteToken");
};

const readCallBytes = (request: CloudRequest): number => {
  const bytes = readNumber(request.query, "maxBytesRewrittenPerCall") ?? Number.POSITIVE_INFINITY;
  if (bytes !== Number.POSITIVE_INFINITY && (bytes === 0 || bytes % MEBIBYTE !== 0))
    throw invalidValue("maxBytesRewrittenPerCall", "a multiple of 1 MiB");
  return bytes;
};

/** Bytes are shared, so a rewrite is done at once; in several calls only where the client limits a call. */
const rewrite = async (context: StorageContext, request: CloudRequest, json: unknown): Promise<CloudResponse> => {
  const source = findSource(context, request);
  const { sizeBytes, generation } = source;
  const copy = `${request.path} ${generation}`;
  const doneBytes = Math.min(readToken(request, copy) + readCallBytes(request), sizeBytes);
  const progress = {
    kind: "storage#rewriteResponse",
    totalBytesRewritten: String(doneBytes),
    objectSize: String(sizeBytes),
  };
  if (doneBytes < sizeBytes)
    return jsonResponse(request, { ...progress, done: false, rewriteToken: encodeToken({ copy, doneBytes }) });
  const created = await createCopy(context, request, source, json);
  return jsonResponse(request, { ...progress, done: true, resource: resourceOf(request, created) });
};

const copy = async (context: StorageContext, request: CloudRequest, json: unknown): Promise<CloudResponse> => {
  const created = await createCopy(context, request, findSource(context, request), json);
  return jsonResponse(request, resourceOf(request, created));
};

const readSource = (context: StorageContext, request: CloudRequest, bucket: string, value: unknown): ObjectRecord => {
  if (!isJsonObject(value)) throw invalidValue("sourceObjects", "a list of objects");
  const name = asText(value["name"], "sourceObjects.name");
  const generation = value["generation"] === undefined ? undefined : asCount(value["generation"], "generation");
  const record = context.objects.find(bucket, name, generation);
  if (record === undefined) throw missingObject(context, request, bucket, name);
  const conditions = isJsonObject(value["objectPreconditions"]) ? value["objectPreconditions"] : {};
  const { ifGenerationMatch } = conditions;
  if (ifGenerationMatch !== undefined)
    requireConditions({ generationMatch: asCount(ifGenerationMatch, "ifGenerationMatch") }, record);
  return record;
};

async function* contentsOf({ objects }: StorageContext, sources: readonly ObjectRecord[]): AsyncGenerator<Buffer> {
  for (const source of sources) {
    const content = await objects.open(source);
    if (content === undefined) throw new StorageError("notFound", `Object ${source.name} was deleted meanwhile.`);
    const bytes = content.read("all");
    if (Buffer.isBuffer(bytes)) yield bytes;
    else yield* bytes as AsyncIterable<Buffer>;
  }
}

const compose = async (context: StorageContext, request: CloudRequest, json: unknown): Promise<CloudResponse> => {
  const { buckets, objects, cloud } = context;
  const { kind: _, sourceObjects, destination = {}, ...others } = asBody(json);
  const [undone] = Object.keys(others);
  if (undone !== undefined) throw notImplementedHere(`A composition's ${undone.slice(0, 100)}`);
  const bucket = buckets.require(param(request, "destinationBucket"));
  refuseAcls(request, bucket);
  refuseParameters(request, "kmsKeyName");
  cloud.authorize(request.principal, "storage.objects.get", bucketResourceName(bucket.name));
  if (!Array.isArray(sourceObjects) || sourceObjects.length === 0 || sourceObjects.length > MAX_SOURCES)
    throw invalidValue("sourceObjects", `a list of 1 to ${MAX_SOURCES} objects`);
  const sources = sourceObjects.map((source) => readSource(context, request, bucket.name, source));
  const attributes = readAttributes(asBody(destination));
  const preconditions = readPreconditions(request.query);
  const name = parseObjectName(param(request, "destinationObject"));
  requireConditions(preconditions, objects.find(bucket.name, name));
  const record = await objects.create({
    ...{ bucket, name, attributes, preconditions },
    content: await objects.receive(contentsOf(context, sources)),
    componentCount: sources.reduce((total, { componentCount = 1 }) => total + componentCount, 0),
    beforeOverwrite: beforeOverwrite(context, request, bucket.name),
  });
  return jsonResponse(request, resourceOf(request, { bucket, record }));
};

export const copyRoutes = (context: StorageContext): readonly Route[] => {
  const source = "b/{sourceBucket}/o/{sourceObject}";
  const destination = "b/{destinationBucket}/o/{destinationObject}";
  const permission = "storage.objects.create";
  const methods: readonly StorageMethod[] = [
    {
      ...{ rpc: "storage.objects.copy", method: "POST", path: `${source}/copyTo/${destination}`, permission },
      handle: async (request) => copy(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.objects.rewrite", method: "POST", path: `${source}/rewriteTo/${destination}`, permission },
      handle: async (request) => rewrite(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.objects.compose", method: "POST", path: `${destination}/compose`, permission },
      handle: async (request) => compose(context, request, await request.json()),
    },
  ];
  return methods.flatMap((method) => storageRoutes(context.buckets, method));
};
