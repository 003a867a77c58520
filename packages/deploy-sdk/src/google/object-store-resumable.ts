// A large object in pieces that are continued where they broke off, whatever the connection does.
// https://cloud.google.com/storage/docs/performing-resumable-uploads
//
// Not the official client's: that brings a retry policy and error shapes of its own, and 300 ms of loading, for one
// protocol of three requests.
import { DeployError } from "../deploy-error.ts";
import type { LargeContent, PutRequest, StoreTarget, WriteOutcome } from "./object-store.ts";
import { throttled, uploadDeadlineMs } from "./object-store-multipart.ts";
import { type Landed, never, objectSubject, readBack } from "./object-store-outcome.ts";
import { insertJson, type ObjectJson, parseGeneration, uploadPath } from "./object-store-wire.ts";
import type { TransportResponse } from "./transport.ts";

/** A multiple of 256 KiB, as the protocol asks, and what Google advises where memory is bounded. */
const pieceBytes = 8 * 2 ** 20;
/** Breaks in a row, without one byte gained, after which an upload is given up. */
const breaksAllowed = 5;
/** A session can be forgotten by the server: then the upload starts over, so many times. */
const sessionsAllowed = 3;

type Upload = {
  readonly target: StoreTarget;
  readonly request: PutRequest;
  readonly content: LargeContent;
  readonly landed: Landed;
  readonly session: string;
};
type Progress = { readonly offset: number } | { readonly outcome: WriteOutcome } | "lost";

export async function putResumable(
  target: StoreTarget,
  request: PutRequest,
  content: LargeContent,
): Promise<WriteOutcome> {
  const landed: Landed = (object) => object.crc32c === content.crc32c && object.sizeBytes === content.sizeBytes;
  for (let sessions = 1; sessions <= sessionsAllowed; sessions += 1) {
    const session = await openSession(target, request, content);
    // Refused before a byte was sent: ours can be there only where an earlier session was lost after its last byte.
    if (session === undefined)
      return readBack(target, { name: request.name, signal: request.signal, landed: sessions > 1 ? landed : never });
    const outcome = await sendPieces({ target, request, content, landed, session });
    if (outcome !== "lost") return outcome;
  }
  throw new DeployError("unavailable", {
    subject: objectSubject(target, request.name),
    message: `the server forgot ${sessionsAllowed} upload sessions`,
    retryable: true,
  });
}

async function sendPieces(upload: Upload): Promise<WriteOutcome | "lost"> {
  let offset = 0;
  let breaks = 0;
  for (;;) {
    const progress = await sendPiece(upload, offset).catch((error: unknown) => {
      breaks += 1;
      if (!(error instanceof DeployError && error.retryable) || breaks > breaksAllowed) throw error;
      return askProgress(upload);
    });
    if (progress === "lost") return "lost";
    if ("outcome" in progress) return progress.outcome;
    if (progress.offset > offset) breaks = 0;
    offset = progress.offset;
  }
}

/** The session's address; undefined where the precondition is refused. */
async function openSession(
  target: StoreTarget,
  { name, headers, ifGenerationMatch, signal }: PutRequest,
  { crc32c, sizeBytes }: LargeContent,
): Promise<string | undefined> {
  const subject = objectSubject(target, name);
  const response = await target.transport.request({
    api: "storage",
    method: "POST",
    path: uploadPath(target.bucket, "resumable", ifGenerationMatch),
    headers: {
      "x-upload-content-type": headers.contentType || "application/octet-stream",
      "x-upload-content-length": String(sizeBytes),
    },
    json: { name, crc32c, ...insertJson(headers) },
    // A session that nobody uses changes nothing: opening another is safe.
    idempotent: true,
    expect: [412],
    subject,
    ...(signal && { signal }),
  });
  if (response.status === 412) return undefined;
  await response.discard();
  const location = response.headers["location"];
  if (typeof location === "string") return location;
  throw new DeployError("remote-failed", { subject, message: "an upload session was opened without an address" });
}

/** Never sent again by the transport: how much of a piece arrived is asked first. */
async function sendPiece(upload: Upload, offset: number): Promise<Progress> {
  const { content, request } = upload;
  const length = Math.min(pieceBytes, content.sizeBytes - offset);
  const piece = await content.read(offset, length);
  const { throttle, signal } = request;
  const body = throttle ? () => throttled(piece, throttle, signal) : piece;
  return put(upload, {
    range: length === 0 ? "*" : `${offset}-${offset + length - 1}`,
    length,
    body,
    idempotent: false,
  });
}

const askProgress = (upload: Upload): Promise<Progress> => put(upload, { range: "*", length: 0, idempotent: true });

async function put(
  upload: Upload,
  piece: {
    readonly range: string;
    readonly length: number;
    readonly body?: NonNullable<Parameters<StoreTarget["transport"]["request"]>[0]["body"]>;
    readonly idempotent: boolean;
  },
): Promise<Progress> {
  const { target, request, content, session } = upload;
  const response = await target.transport.request({
    api: "storage",
    method: "PUT",
    path: session,
    headers: { "content-range": `bytes ${piece.range}/${content.sizeBytes}`, "content-length": String(piece.length) },
    ...(piece.body && { body: piece.body }),
    idempotent: piece.idempotent,
    deadlineMs: uploadDeadlineMs(piece.length),
    expect: [308, 404, 410, 412],
    subject: objectSubject(target, request.name),
    ...(request.signal && { signal: request.signal }),
  });
  return progressOf(upload, response);
}

async function progressOf({ target, request, landed }: Upload, response: TransportResponse): Promise<Progress> {
  if (response.status === 404 || response.status === 410) return "lost";
  if (response.status === 308) {
    await response.discard();
    const received = /^bytes=0-(\d+)$/.exec(String(response.headers["range"] ?? ""))?.[1];
    return { offset: received === undefined ? 0 : Number(received) + 1 };
  }
  // The precondition is looked at again with the last byte; a lost answer to that byte looks the same.
  if (response.status === 412)
    return { outcome: await readBack(target, { name: request.name, signal: request.signal, landed }) };
  const { generation } = await response.json<ObjectJson>();
  return { outcome: { written: true, generation: parseGeneration(generation, objectSubject(target, request.name)) } };
}
