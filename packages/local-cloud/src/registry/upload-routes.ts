// Uploads of blobs: at once, in chunks, or by mounting what another image holds.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-blobs
import { GoogleError } from "../server/google-error.ts";
import type { CloudRequest, CloudResponse } from "../server/types.ts";
import { type RegistryContext, requireBlob } from "./blob-routes.ts";
import { locateImage, locatePath, repositoryResource } from "./locate-image.ts";
import { formatPath, type ImageName, isDigest, locationOfHost, parseDigest, parsePath } from "./names.ts";
import { OciError } from "./oci-error.ts";
import type { Chunk } from "./upload-sessions.ts";

export async function startUpload(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name } = locateImage(context.find, request);
  const mounted = mountBlob(context, request, name);
  if (mounted) return created(name, mounted);
  const digest = request.query.get("digest");
  if (digest !== null) parseDigest(digest);
  const id = context.uploads.begin(name, context.now().toISOString());
  if (digest === null) return accepted(name, id, 0);
  const chunk = { body: request.body, start: 0, sizeBytes: contentLength(request) };
  return cancelOnFailure(context, name, id, async () => {
    await context.uploads.append(name, id, chunk);
    return finish(context, name, id, digest);
  });
}

/** @returns the digest when it could be mounted; else the client uploads it. */
function mountBlob(context: RegistryContext, request: CloudRequest, name: ImageName): string | undefined {
  const digest = request.query.get("mount");
  const from = request.query.get("from");
  if (digest === null || from === null || !isDigest(digest) || !holdsBlob(context, request, from, digest))
    return undefined;
  context.catalog.linkBlob(name, digest, context.now().toISOString());
  return digest;
}

/** Whatever speaks against mounting, a source that does not exist or may not be read, makes it an ordinary upload. */
function holdsBlob(context: RegistryContext, request: CloudRequest, from: string, digest: string): boolean {
  try {
    const source = locatePath(context.find, parsePath(from), locationOfHost(request.host)).name;
    context.authorize(request.principal, "artifactregistry.repositories.downloadArtifacts", repositoryResource(source));
    return requireBlob(context, source, digest) >= 0;
  } catch (error) {
    if (error instanceof OciError || error instanceof GoogleError) return false;
    throw error;
  }
}

export async function uploadStatus(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name, id } = target(context, request);
  return { ...accepted(name, id, await context.uploads.sizeBytes(name, id)), status: 204 };
}

export async function uploadChunk(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name, id } = target(context, request);
  return accepted(name, id, await append(context, request, name, id));
}

export async function finishUpload(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name, id } = target(context, request);
  const digest = parseDigest(request.query.get("digest") ?? "");
  await append(context, request, name, id);
  return finish(context, name, id, digest);
}

export async function cancelUpload(context: RegistryContext, request: CloudRequest): Promise<CloudResponse> {
  const { name, id } = target(context, request);
  await context.uploads.cancel(name, id);
  return { status: 204 };
}

function target(context: RegistryContext, request: CloudRequest): { readonly name: ImageName; readonly id: string } {
  return { name: locateImage(context.find, request).name, id: request.params["upload"] ?? "" };
}

/** A refused chunk tells where the upload is, so that the client can go on from there. */
async function append(context: RegistryContext, request: CloudRequest, name: ImageName, id: string): Promise<number> {
  try {
    return await context.uploads.append(name, id, parseChunk(request));
  } catch (error) {
    if (!(error instanceof OciError) || error.status !== 416) throw error;
    const { headers = {} } = accepted(name, id, await context.uploads.sizeBytes(name, id));
    throw new OciError(error.code, error.message, { status: 416, headers: headers as Record<string, string> });
  }
}

function parseChunk(request: CloudRequest): Chunk {
  const header = request.headers["content-range"];
  if (header === undefined) return { body: request.body, start: undefined, sizeBytes: contentLength(request) };
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header);
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || end < start)
    throw new OciError("BLOB_UPLOAD_INVALID", `Invalid Content-Range "${header.slice(0, 100)}"`);
  return { body: request.body, start, sizeBytes: end - start + 1 };
}

function contentLength({ headers }: CloudRequest): number | undefined {
  return headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
}

async function finish(context: RegistryContext, name: ImageName, id: string, digest: string): Promise<CloudResponse> {
  const link = (): void => context.catalog.linkBlob(name, digest, context.now().toISOString());
  await context.uploads.finish(name, id, digest, link);
  return created(name, digest);
}

async function cancelOnFailure<Result>(
  { uploads }: RegistryContext,
  name: ImageName,
  id: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // The client was never told of this upload, so nobody can resume it.
    await uploads.cancel(name, id).catch(() => undefined);
    throw error;
  }
}

const created = (name: ImageName, digest: string): CloudResponse => ({
  status: 201,
  headers: { location: `/v2/${formatPath(name)}/blobs/${digest}`, "docker-content-digest": digest },
});

/** An empty upload has the range `0-0`, as other registries write it: the header has no form for nothing. */
const accepted = (name: ImageName, id: string, sizeBytes: number): CloudResponse => ({
  status: 202,
  headers: {
    location: `/v2/${formatPath(name)}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, sizeBytes - 1)}`,
    "docker-upload-uuid": id,
  },
});
