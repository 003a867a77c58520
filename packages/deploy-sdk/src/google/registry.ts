// Artifact Registry's Docker side, by the distribution API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
// An access token is accepted as it is (https://cloud.google.com/artifact-registry/docs/reference/docker-api), and uploads
// are monolithic: Artifact Registry takes no chunks.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Environment, Stack } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { mapLimited } from "../image/file-digests.ts";
import type { ImageRegistry, PushProgress, PushRequest } from "../image/image-registry.ts";
import { mediaTypes, type Platform } from "../image/oci.ts";
import type { Call } from "../target.ts";
import type { Transport, TransportResponse } from "./transport.ts";

/** A blob to send: from disk, or a few bytes. */
type Blob = { readonly digest: string; readonly sizeBytes: number } & (
  | { readonly file: string }
  | { readonly bytes: Uint8Array }
);

const accept = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerList].join(", ");
const uploadsAtOnce = 4;
/** A session that broke off is no longer usable (the upload is monolithic), so the next try opens another. */
const sessionsPerBlob = 3;
/** Slower than this, an upload is given up. */
const slowestBytesPerMs = 20;
const uploadMinimumMs = 60_000;

/** The registry of the stack's images. Where its host is served is the transport's business. */
export function createRegistry(
  transport: Transport,
  { registry, environment }: Pick<Stack, "registry" | "environment">,
): ImageRegistry {
  return {
    platform: platformOf(environment),
    serves: (repository) => repository.startsWith(`${registry.host}/`),
    digestOf: (repository, tagOrDigest, call) => digestOf(transport, repository, tagOrDigest, call),
    push: async (request, call) => {
      const { repository, image, tag } = request;
      const blobs: readonly Blob[] = [
        ...image.layers,
        { digest: image.config.digest, sizeBytes: image.config.bytes.length, bytes: image.config.bytes },
      ];
      const upload: Upload = { transport, request, call, tally: createTally(blobs, request.progress) };
      await mapLimited(blobs, uploadsAtOnce, (blob) => ensureBlob(upload, blob));
      const told = await putManifest(transport, repository, tag, image.manifest, call);
      // A registry should tell it with its answer, and need not.
      const digest = told ?? (await digestOf(transport, repository, tag, call));
      if (digest !== image.digest)
        throw remoteFailed(call, `the registry stored ${digest}, not the ${image.digest} that was sent`);
      return { digest, ...upload.tally.sent() };
    },
  };
}

/** Cloud Run runs linux/amd64 (https://cloud.google.com/run/docs/container-contract); a cloud on loopback, what this machine is. */
const platformOf = ({ endpoint }: Environment): Platform => ({
  os: "linux",
  architecture: endpoint !== undefined && process.arch === "arm64" ? "arm64" : "amd64",
});

/** `host/project/repository/name` → `/v2/project/repository/name` */
const pathOf = (repository: string): string => `/v2/${repository.slice(repository.indexOf("/") + 1)}`;

async function digestOf(
  transport: Transport,
  repository: string,
  tagOrDigest: string,
  { signal, subject }: Call,
): Promise<string | undefined> {
  const response = await transport.request({
    api: "registry",
    method: "HEAD",
    path: `${pathOf(repository)}/manifests/${tagOrDigest}`,
    headers: { accept },
    expect: [404],
    signal,
    subject,
  });
  await response.discard();
  if (response.status === 404) return undefined;
  const digest = headerOf(response, "docker-content-digest");
  if (digest && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw remoteFailed({ subject }, "the registry did not say which digest the image has");
}

type Tally = {
  readonly missing: (blob: Blob) => void;
  readonly progressed: (blob: Blob, bytes: number) => void;
  readonly done: (sent: Blob | undefined) => void;
  readonly sent: () => { readonly sent: number; readonly bytesSent: number };
};

/** Counts what is under way; a blob that is sent again starts from nothing. */
function createTally(blobs: readonly Blob[], report: (progress: PushProgress) => void): Tally {
  const bytesDone = new Map<string, number>();
  const totals = { done: 0, bytes: 0, sent: 0, bytesSent: 0, reported: -1 };
  const tell = (always: boolean): void => {
    const bytes = [...bytesDone.values()].reduce((sum, one) => sum + one, 0);
    const percent = totals.bytes === 0 ? 0 : Math.floor((100 * bytes) / totals.bytes);
    if (!always && percent === totals.reported) return;
    totals.reported = percent;
    report({ blobsDone: totals.done, blobs: blobs.length, bytesDone: bytes, bytes: totals.bytes });
  };
  return {
    missing: (blob) => {
      totals.bytes += blob.sizeBytes;
    },
    progressed: (blob, bytes) => {
      bytesDone.set(blob.digest, bytes);
      tell(false);
    },
    done: (sent) => {
      totals.done += 1;
      if (sent) bytesDone.set(sent.digest, sent.sizeBytes);
      totals.sent += sent ? 1 : 0;
      totals.bytesSent += sent?.sizeBytes ?? 0;
      tell(true);
    },
    sent: () => ({ sent: totals.sent, bytesSent: totals.bytesSent }),
  };
}

type Upload = {
  readonly transport: Transport;
  readonly request: PushRequest;
  readonly call: Call;
  readonly tally: Tally;
};

async function ensureBlob(upload: Upload, blob: Blob): Promise<void> {
  const { transport, request, call, tally } = upload;
  const found = await transport.request({
    ...registryCall(call, "HEAD"),
    path: `${pathOf(request.repository)}/blobs/${blob.digest}`,
    // A redirect leads to where it is stored.
    expect: [302, 303, 307, 404],
  });
  await found.discard();
  if (found.status !== 404) return tally.done(undefined);
  for (let session = 1; session <= sessionsPerBlob; session += 1) {
    const location = await openSession(upload, blob);
    if (location === undefined) return tally.done(undefined);
    if (session === 1) tally.missing(blob);
    if (await sendBlob(upload, blob, location)) return tally.done(blob);
  }
  throw remoteFailed(call, `the registry broke off ${sessionsPerBlob} uploads of ${blob.digest}`);
}

const registryCall = ({ signal, subject }: Call, method: "HEAD" | "POST" | "PUT") =>
  ({ api: "registry", method, signal, subject }) as const;

/** Address to send the blob to; undefined: the registry took it over from another repository. */
async function openSession({ transport, request, call }: Upload, blob: Blob): Promise<string | undefined> {
  const query = new URLSearchParams();
  const from = request.mountFrom.find((repository) => repository !== request.repository);
  if (from) {
    query.set("mount", blob.digest);
    query.set("from", pathOf(from).slice("/v2/".length));
  }
  const response = await transport.request({
    ...registryCall(call, "POST"),
    path: `${pathOf(request.repository)}/blobs/uploads/${query.size > 0 ? `?${query}` : ""}`,
    headers: { "content-length": "0" },
    // A session that nobody uses does no harm.
    idempotent: true,
    expect: [404],
  });
  await response.discard();
  if (response.status === 404)
    throw new DeployError("not-provisioned", {
      subject: call.subject,
      message: `the repository does not exist: ${request.repository}`,
      hint: "pnpm provision",
    });
  if (response.status === 201) return undefined;
  const location = headerOf(response, "location");
  if (!location) throw remoteFailed(call, "the registry opened an upload without an address");
  return location;
}

/** False: the session is gone, and the blob must be sent to another. */
async function sendBlob({ transport, call, tally }: Upload, blob: Blob, location: string): Promise<boolean> {
  const address = new URL(location, transport.base("registry"));
  address.searchParams.set("digest", blob.digest);
  const response = await transport.request({
    ...registryCall(call, "PUT"),
    path: address.href,
    headers: { "content-type": "application/octet-stream", "content-length": String(blob.sizeBytes) },
    body: () => countedBody(blob, (bytes) => tally.progressed(blob, bytes)),
    deadlineMs: uploadMinimumMs + blob.sizeBytes / slowestBytesPerMs,
    expect: [400, 404, 416],
  });
  await response.discard();
  if (response.status >= 400) return false;
  const stored = headerOf(response, "docker-content-digest");
  if (stored !== undefined && stored !== blob.digest)
    throw remoteFailed(call, `the registry stored ${stored}, not the ${blob.digest} that was sent`);
  return true;
}

function countedBody(blob: Blob, progressed: (bytes: number) => void): Readable | Uint8Array {
  if ("bytes" in blob) return blob.bytes;
  const counted = async function* (): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of createReadStream(blob.file, { highWaterMark: 256 * 1024 })) {
      bytes += (chunk as Buffer).length;
      progressed(bytes);
      yield chunk as Buffer;
    }
  };
  return Readable.from(counted(), { objectMode: false });
}

async function putManifest(
  transport: Transport,
  repository: string,
  tag: string,
  manifest: Uint8Array,
  call: Call,
): Promise<string | undefined> {
  const response = await transport.request({
    ...registryCall(call, "PUT"),
    path: `${pathOf(repository)}/manifests/${tag}`,
    headers: { "content-type": mediaTypes.manifest },
    body: manifest,
  });
  await response.discard();
  return headerOf(response, "docker-content-digest");
}

function headerOf({ headers }: TransportResponse, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

const remoteFailed = ({ subject }: Pick<Call, "subject">, message: string): DeployError =>
  new DeployError("remote-failed", { subject, message });
