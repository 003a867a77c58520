// A small object in one request: metadata and content as multipart/related.
// https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { PutRequest, StoreTarget, Throttle, WriteOutcome } from "./object-store.ts";
import { borrowBuffer } from "./object-store-buffers.ts";
import { settle, wholeReply } from "./object-store-outcome.ts";
import { crc32cOf, insertJson, uploadPath } from "./object-store-wire.ts";

// 128 random bits: no content holds it by accident, and none can be made to.
const boundary = randomBytes(16).toString("hex");
const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
const relatedType = `multipart/related; boundary=${boundary}`;

export async function putMultipart(
  target: StoreTarget,
  request: PutRequest,
  content: Uint8Array,
): Promise<WriteOutcome> {
  const { name, headers, ifGenerationMatch, signal, throttle } = request;
  const crc32c = request.crc32c ?? crc32cOf(content);
  const head = partsBefore(JSON.stringify({ name, crc32c, ...insertJson(headers) }), headers.contentType);
  const { bytes: body, giveBack } = borrowBuffer(head.byteLength + content.byteLength + tail.byteLength);
  body.set(head);
  body.set(content, head.byteLength);
  body.set(tail, head.byteLength + content.byteLength);
  const outcome = await settle(target, {
    name,
    signal,
    landed: (object) => object.crc32c === crc32c && object.sizeBytes === content.byteLength,
    resource: wholeReply,
    send: (subject) =>
      target.transport.request({
        api: "storage",
        method: "POST",
        path: uploadPath(target.bucket, "multipart", ifGenerationMatch),
        headers: { "content-type": relatedType, "content-length": String(body.byteLength) },
        body: throttle ? () => throttled(body, throttle, signal) : body,
        idempotent: true,
        deadlineMs: uploadDeadlineMs(body.byteLength),
        expect: [412],
        subject,
        ...(signal && { signal }),
      }),
  });
  // Answered, so that no socket holds it any more. After an error one might: then it is left to the garbage collector.
  giveBack();
  return outcome;
}

const partsBefore = (metadata: string, contentType = "application/octet-stream"): Buffer =>
  Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${metadata}\r\n` +
      `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`,
  );

/** What an upload may take: a minute, and what a link of 32 KiB/s needs for it and for what shares the link. */
export const uploadDeadlineMs = (sizeBytes: number): number => 60_000 + Math.ceil((sizeBytes + 32 * 2 ** 20) / 32.768);

const pieceBytes = 16 * 1024;
const unending = new AbortController().signal;

/** The bytes in pieces, each sent when the throttle lets it. */
export const throttled = (bytes: Uint8Array, throttle: Throttle, signal: AbortSignal = unending): Readable =>
  Readable.from(
    (async function* () {
      for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
        const piece = bytes.subarray(start, start + pieceBytes);
        await throttle(piece.byteLength, signal);
        yield piece;
      }
    })(),
    { objectMode: false },
  );
