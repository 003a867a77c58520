// Resumable uploads: begun, sent whole or in chunks, resumed after a break or a restart.
// https://cloud.google.com/storage/docs/performing-resumable-uploads
import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { GoogleError } from "../server/google-error.ts";
import type { CloudRequest, CloudResponse } from "../server/types.ts";
import { parseUploadRange, type UploadRange } from "./content-range.ts";
import { asBody, invalidValue } from "./json-value.ts";
import { objectResource } from "./object-resource.ts";
import { createPartialFiles, type PartialFiles, wholeChunks } from "./partial-file.ts";
import { requireConditions } from "./preconditions.ts";
import { inlineContent, type NewContent, readHead } from "./receive-content.ts";
import type { StorageContext } from "./storage-context.ts";
import { StorageError } from "./storage-error.ts";
import { param } from "./storage-route.ts";
import { completeUpload, readUploadSpec } from "./upload.ts";
import type { Upload } from "./upload-rows.ts";

export type ResumableUploads = {
  readonly partial: PartialFiles;
  /**
   * One request at a time works on an upload. A client that comes back believes that its former request is lost, so
   * that one is ended first, even if its connection has not been found broken yet.
   */
  readonly exclusive: <Result>(id: string, body: Readable, work: () => Promise<Result>) => Promise<Result>;
};

export const createResumableUploads = (objects: StorageContext["objects"]): ResumableUploads => {
  const active = new Map<string, { readonly body: Readable; readonly done: Promise<void> }>();
  return {
    partial: createPartialFiles(objects.files),
    exclusive: async (id, body, work) => {
      for (let other = active.get(id); other !== undefined; other = active.get(id)) {
        other.body.destroy();
        await other.done;
      }
      const { promise: done, resolve } = Promise.withResolvers<void>();
      active.set(id, { body, done });
      try {
        return await work();
      } finally {
        active.delete(id);
        resolve();
      }
    },
  };
};

const header = (request: CloudRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

const announcedBytes = (request: CloudRequest): number | undefined => {
  const text = header(request, "x-upload-content-length");
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidValue("X-Upload-Content-Length", "a number of bytes");
};

/** Answers with the address that the bytes are to be sent to, on the host that the client has used. */
export const startResumable = async (context: StorageContext, request: CloudRequest): Promise<CloudResponse> => {
  const { objects, cloud } = context;
  const metadata = asBody(await request.json());
  const spec = readUploadSpec(context, request, metadata, header(request, "x-upload-content-type"));
  requireConditions(spec.preconditions, objects.find(spec.bucket.name, spec.name));
  const id = randomBytes(48).toString("base64url");
  const totalBytes = announcedBytes(request);
  const { name, attributes, preconditions, expected } = spec;
  objects.uploads.insert(
    {
      id,
      bucket: spec.bucket.name,
      name,
      attributes,
      preconditions,
      expected,
      ...(totalBytes !== undefined && { totalBytes }),
    },
    cloud.now().getTime(),
  );
  const query = new URLSearchParams(request.query);
  query.set("upload_id", id);
  return {
    status: 200,
    headers: { location: `${request.origin}${request.path}?${query}`, "x-guploader-uploadid": id },
    body: "",
  };
};

const incomplete = (id: string, arrivedBytes: number): CloudResponse => ({
  status: 308,
  headers: {
    "x-guploader-uploadid": id,
    ...(arrivedBytes > 0 && { range: `bytes=0-${arrivedBytes - 1}` }),
  },
  body: "",
});

const requireUpload = ({ objects }: StorageContext, request: CloudRequest): Upload => {
  const upload = objects.uploads.get(request.query.get("upload_id") ?? "");
  if (upload?.bucket === param(request, "bucket")) return upload;
  throw new StorageError("notFound", "No such upload.", "upload_id");
};

/** Asked again about an upload that is done: the answer that may have been lost. */
const finished = ({ objects, buckets }: StorageContext, request: CloudRequest, upload: Upload, generation: number) => {
  const { name } = upload;
  const bucket = buckets.require(upload.bucket);
  const record = objects.find(bucket.name, name, generation) ?? objects.findSoftDeleted(bucket.name, name, generation);
  if (record === undefined) throw new StorageError("notFound", "The uploaded object is gone.", "upload_id");
  return { status: 200, json: objectResource(record, { origin: request.origin, bucket }) };
};

/** A refusal that would be the same next time ends the upload. */
const endsUpload = (error: unknown): boolean => error instanceof GoogleError && error.code < 500 && error.code !== 429;

const complete = async (
  context: StorageContext,
  request: CloudRequest,
  upload: Upload,
  content: NewContent,
): Promise<CloudResponse> => {
  const { uploads, files } = context.objects;
  const { id, bucket, name, attributes, preconditions, expected } = upload;
  const spec = { bucket: context.buckets.require(bucket), name, attributes, preconditions, expected };
  try {
    const onCommit = ({ generation }: { readonly generation: number }): void => uploads.finish(id, generation);
    return await completeUpload(context, request, spec, content, { onCommit, keepOnFailure: true });
  } catch (error) {
    if (endsUpload(error)) {
      uploads.delete(id);
      if ("file" in content.stored) await files.remove(content.stored.file);
    }
    throw error;
  }
};

/** Bytes of the body that are still missing: a client may send again what has arrived. */
async function* withoutFirst(body: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let skip = count;
  for await (const chunk of body) {
    if (chunk.length > skip) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

async function* chain(first: Buffer | undefined, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first !== undefined) yield first;
  yield* rest;
}

type Arriving = { readonly startBytes: number; readonly totalBytes: number | undefined };

const readArriving = (range: Exclude<UploadRange, { kind: "query" }>, upload: Upload): Arriving => {
  const { totalBytes } = upload;
  if (range.kind === "whole") return { startBytes: 0, totalBytes };
  if (range.total !== undefined && totalBytes !== undefined && range.total !== totalBytes)
    throw new StorageError("invalid", `The upload was announced with ${totalBytes} bytes.`, "Content-Range");
  return { startBytes: range.first, totalBytes: range.total ?? undefined };
};

const requireLength = (actual: number, range: UploadRange, totalBytes: number | undefined): void => {
  const last = range.kind === "chunk" ? range.last : undefined;
  const expected = last === undefined ? totalBytes : last + 1;
  if (expected !== undefined && expected !== actual)
    throw new StorageError("invalid", `The body ends at byte ${actual} instead of ${expected}.`, "Content-Range");
};

/** Is the upload whole when so much has arrived? Of an unknown total, when the body has no announced end either. */
const isWhole = (sizeBytes: number, range: UploadRange, totalBytes: number | undefined): boolean =>
  totalBytes === undefined
    ? range.kind === "whole" || (range.kind === "chunk" && range.last === undefined)
    : sizeBytes === totalBytes;

const receive = async (
  context: StorageContext,
  request: CloudRequest,
  upload: Upload,
  range: Exclude<UploadRange, { kind: "query" }>,
  { partial }: ResumableUploads,
): Promise<CloudResponse> => {
  const { files, uploads } = context.objects;
  const { startBytes, totalBytes } = readArriving(range, upload);
  const arrivedBytes = upload.file === undefined ? 0 : await partial.arrived(upload.file, totalBytes);
  // Without a range the client starts over.
  const fromBytes = range.kind === "whole" ? 0 : arrivedBytes;
  if (startBytes > fromBytes)
    throw new StorageError("invalid", `Only ${fromBytes} bytes have arrived.`, "Content-Range");
  const chunks = withoutFirst(request.body, fromBytes - startBytes);

  const head = fromBytes === 0 ? await readHead(chunks) : undefined;
  if (head?.ended) {
    requireLength(head.bytes.length, range, totalBytes);
    if (!isWhole(head.bytes.length, range, totalBytes)) return incomplete(upload.id, 0);
    const response = await complete(context, request, upload, inlineContent(head.bytes));
    if (upload.file !== undefined) await files.remove(upload.file);
    return response;
  }
  const file = upload.file ?? files.newName();
  if (upload.file === undefined) uploads.setFile(upload.id, file);
  const sizeBytes = await partial.append(file, fromBytes, chain(head?.bytes, chunks));
  requireLength(sizeBytes, range, totalBytes);
  if (!isWhole(sizeBytes, range, totalBytes)) return incomplete(upload.id, wholeChunks(sizeBytes));
  return await complete(context, request, upload, await partial.finish(file, sizeBytes));
};

/** Asked how much has arrived; if that is all, the object is made. */
const answerQuery = async (
  context: StorageContext,
  request: CloudRequest,
  upload: Upload,
  totalBytes: number | undefined,
  { partial }: ResumableUploads,
): Promise<CloudResponse> => {
  const total = totalBytes ?? upload.totalBytes;
  const arrivedBytes = upload.file === undefined ? 0 : await partial.arrived(upload.file, total);
  if (arrivedBytes !== total) return incomplete(upload.id, arrivedBytes);
  const content =
    upload.file === undefined ? inlineContent(Buffer.alloc(0)) : await partial.finish(upload.file, arrivedBytes);
  return await complete(context, request, upload, content);
};

/** `PUT` to an upload's address: bytes, or the question how many have arrived. */
export const continueResumable = (
  context: StorageContext,
  request: CloudRequest,
  uploads: ResumableUploads,
): Promise<CloudResponse> => {
  const range = parseUploadRange(header(request, "content-range"));
  const { id } = requireUpload(context, request);
  return uploads.exclusive(id, request.body, async () => {
    const upload = requireUpload(context, request);
    if (upload.generation !== undefined) return finished(context, request, upload, upload.generation);
    if (range.kind === "query") return await answerQuery(context, request, upload, range.total, uploads);
    return await receive(context, request, upload, range, uploads);
  });
};

/** https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload: the code is 499. */
export const cancelResumable = (
  context: StorageContext,
  request: CloudRequest,
  uploads: ResumableUploads,
): Promise<CloudResponse> => {
  const { id } = requireUpload(context, request);
  return uploads.exclusive(id, request.body, async () => {
    const { file } = requireUpload(context, request);
    context.objects.uploads.delete(id);
    if (file !== undefined) await context.objects.files.remove(file);
    return { status: 499, body: "" };
  });
};
