// Objects of one bucket over the JSON API. Authentication, retries and the translation of errors are the transport's.
// https://cloud.google.com/storage/docs/json_api/v1/objects
import { DeployError } from "../deploy-error.ts";
import type {
  CopyRequest,
  DeleteRequest,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  PatchRequest,
  ReadObject,
  StoreTarget,
  WriteOutcome,
} from "./object-store.ts";
import { putMultipart } from "./object-store-multipart.ts";
import { headObject, objectSubject, settle, wholeReply } from "./object-store-outcome.ts";
import { putResumable } from "./object-store-resumable.ts";
import {
  crc32cOf,
  foreignAnswer,
  hasHeaders,
  insertJson,
  listPath,
  type ObjectJson,
  objectPath,
  parseGeneration,
  parseObject,
  patchJson,
  storedCrc32c,
  withQuery,
  writeFields,
} from "./object-store-wire.ts";
import type { Transport } from "./transport.ts";

/** `subject` names the bucket in errors: `bucket "app.example.com" of staging`. */
export function createObjectStore(transport: Transport, bucket: string, subject = `bucket "${bucket}"`): ObjectStore {
  const target: StoreTarget = { transport, bucket, subject };
  return {
    bucket,
    pages: (options = {}) => listPages(target, options),
    list: (options = {}) => listAll(target, options),
    head: (name, signal) => headObject(target, name, signal),
    get: (name, signal) => getObject(target, name, signal),
    put: (request) =>
      request.content instanceof Uint8Array
        ? putMultipart(target, request, request.content)
        : putResumable(target, request, request.content),
    patch: (request) => patchObject(target, request),
    copy: (request) => copyObject(target, request),
    delete: (request) => deleteObject(target, request),
  };
}

/** What filters and deleted objects leave of a page can be nothing, but not for ever. */
const emptyPagesAllowed = 1000;

async function* listPages(
  { transport, bucket, subject }: StoreTarget,
  { prefix = "", signal }: ListOptions,
): AsyncGenerator<readonly ObjectInfo[]> {
  let pageToken: string | undefined;
  let emptyPages = 0;
  do {
    const response = await transport.request({
      api: "storage",
      method: "GET",
      path: listPath(bucket, prefix, pageToken),
      subject,
      ...(signal && { signal }),
    });
    const { objects, nextPageToken } = parsePage(await response.json<PageJson>(), prefix, subject);
    if (objects.length > 0) yield objects;
    emptyPages = objects.length > 0 ? 0 : emptyPages + 1;
    if (nextPageToken !== undefined && (nextPageToken === pageToken || emptyPages > emptyPagesAllowed))
      throw foreignAnswer(subject, "its listing has no end");
    pageToken = nextPageToken;
  } while (pageToken !== undefined);
}

type PageJson = { readonly kind?: unknown; readonly items?: unknown; readonly nextPageToken?: unknown };

/** What says neither that it is a listing nor holds an object is not taken for an empty bucket. */
function parsePage(
  { kind, items = [], nextPageToken }: PageJson,
  prefix: string,
  subject: string,
): { readonly objects: readonly ObjectInfo[]; readonly nextPageToken: string | undefined } {
  if (!Array.isArray(items) || (items.length === 0 && kind !== "storage#objects"))
    throw foreignAnswer(subject, "it is no listing");
  if (nextPageToken !== undefined && typeof nextPageToken !== "string")
    throw foreignAnswer(subject, "its page token is no text");
  const objects = items.map((item) => parseObject((item ?? {}) as ObjectJson, subject));
  // What is outside might be taken for what no file stands for, and be deleted.
  const outside = objects.find(({ name }) => !name.startsWith(prefix));
  if (outside) throw foreignAnswer(subject, `it lists ${JSON.stringify(outside.name)}, which is not below ${prefix}`);
  return { objects, nextPageToken };
}

async function listAll(target: StoreTarget, options: ListOptions): Promise<readonly ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const page of listPages(target, options)) objects.push(...page);
  return objects;
}

async function getObject(target: StoreTarget, name: string, signal?: AbortSignal): Promise<ReadObject | undefined> {
  const subject = objectSubject(target, name);
  const response = await target.transport.request({
    api: "storage",
    method: "GET",
    path: withQuery(objectPath(target.bucket, name), { alt: "media" }),
    // Without it Cloud Storage would decompress what is stored gzipped.
    headers: { "accept-encoding": "gzip" },
    expect: [404],
    subject,
    ...(signal && { signal }),
  });
  if (response.status === 404) return undefined;
  const bytes = await response.bytes();
  const expected = storedCrc32c(response.headers["x-goog-hash"]);
  if (expected !== undefined && expected !== crc32cOf(bytes))
    throw new DeployError("remote-failed", { subject, message: "what arrived is not what is stored", retryable: true });
  return { bytes, generation: parseGeneration(response.headers["x-goog-generation"], subject) };
}

const patchObject = (target: StoreTarget, request: PatchRequest): Promise<WriteOutcome> =>
  settle(target, {
    name: request.name,
    signal: request.signal,
    landed: (object) => object.generation === request.generation && hasHeaders(object, request.headers),
    resource: wholeReply,
    send: (subject) =>
      target.transport.request({
        api: "storage",
        method: "PATCH",
        path: withQuery(objectPath(target.bucket, request.name), {
          ifGenerationMatch: request.generation,
          ifMetagenerationMatch: request.ifMetagenerationMatch,
          fields: writeFields,
        }),
        json: patchJson(request.headers),
        expect: [404, 412],
        subject,
        ...(request.signal && { signal: request.signal }),
      }),
  });

type RewriteReply = { readonly done?: boolean; readonly rewriteToken?: string; readonly resource?: ObjectJson };

async function copyObject(target: StoreTarget, request: CopyRequest): Promise<WriteOutcome> {
  for (let rewriteToken: string | undefined; ; ) {
    let next: string | undefined;
    const outcome = await settle<RewriteReply>(target, {
      name: request.name,
      signal: request.signal,
      landed: (object) => object.crc32c === request.crc32c && hasHeaders(object, request.headers),
      resource: (reply) => {
        // A large copy between locations takes several calls, each of which goes on from the token.
        next = reply.done === false ? reply.rewriteToken : undefined;
        return next === undefined ? reply.resource : { generation: "0" };
      },
      send: (subject) =>
        target.transport.request({
          api: "storage",
          method: "POST",
          path: rewritePath(target.bucket, request, rewriteToken),
          json: insertJson(request.headers),
          idempotent: true,
          expect: [412],
          subject,
          ...(request.signal && { signal: request.signal }),
        }),
    });
    if (next === undefined) return outcome;
    rewriteToken = next;
  }
}

const rewritePath = (
  bucket: string,
  { from, name, ifGenerationMatch }: CopyRequest,
  rewriteToken: string | undefined,
): string =>
  withQuery(`${objectPath(from.bucket, from.name)}/rewriteTo/b/${bucket}/o/${encodeURIComponent(name)}`, {
    ifGenerationMatch,
    ...(from.generation !== undefined && { sourceGeneration: from.generation }),
    ...(rewriteToken !== undefined && { rewriteToken }),
    fields: `done,rewriteToken,resource(${writeFields})`,
  });

async function deleteObject(
  target: StoreTarget,
  { name, ifGenerationMatch, signal }: DeleteRequest,
): Promise<WriteOutcome> {
  const response = await target.transport.request({
    api: "storage",
    method: "DELETE",
    path: withQuery(objectPath(target.bucket, name), { ifGenerationMatch }),
    expect: [404, 412],
    subject: objectSubject(target, name),
    ...(signal && { signal }),
  });
  if (response.status !== 412) return { written: true, generation: "0" };
  const current = await headObject(target, name, signal);
  return current ? { written: false, current } : { written: true, generation: "0" };
}
