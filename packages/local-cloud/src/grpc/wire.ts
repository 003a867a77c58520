// gRPC's frames and trailers on a stream of HTTP/2, for calls of one message each way.
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { gunzipSync } from "node:zlib";
import { GoogleError } from "../server/google-error.ts";
import { MAX_JSON_BYTES, readBytes } from "../server/read-json.ts";

export type GrpcStatus = {
  readonly code: number;
  readonly message: string;
  /** A google.rpc.Status with the error's details. */
  readonly details?: Uint8Array | undefined;
};

const PREFIX_BYTES = 5;

const inflate = (bytes: Buffer, encoding: unknown): Buffer => {
  if (encoding !== "gzip")
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have grpc-encoding ${String(encoding)}.`);
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_JSON_BYTES });
  } catch (error) {
    throw new GoogleError("INVALID_ARGUMENT", `The message cannot be unpacked: ${(error as Error).message}`);
  }
};

/** The one message of a call, at most as long as a JSON body may be. */
export const readMessage = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Buffer> => {
  // Kept open where it is given up: the refusal is sent on it.
  const body = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const frame = await readBytes(body, MAX_JSON_BYTES + PREFIX_BYTES);
  if (frame.length < PREFIX_BYTES || frame.readUInt32BE(1) !== frame.length - PREFIX_BYTES)
    throw new GoogleError("INVALID_ARGUMENT", "The call does not have exactly one message.");
  const message = frame.subarray(PREFIX_BYTES);
  return frame[0] === 0 ? message : inflate(message, headers["grpc-encoding"]);
};

const answerHeaders = { ":status": 200, "content-type": "application/grpc" };

export const sendMessage = (stream: ServerHttp2Stream, message: Uint8Array): void => {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond(answerHeaders, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.concat([prefix, message]));
};

/** Lines of a header are not broken, and have no other characters than ASCII's. */
const percentEncoded = (text: string): string =>
  text.replace(/[^\x20-\x24\x26-\x7e]+/g, (others) => encodeURIComponent(others.toWellFormed()));

/** Headers are bounded on the way; a longer sentence loses its end, and details that do not fit are left out. */
const MAX_MESSAGE_CHARACTERS = 2000;
const MAX_DETAILS_BYTES = 4096;

export const sendStatus = (stream: ServerHttp2Stream, { code, message, details }: GrpcStatus): void => {
  const fits = details !== undefined && details.length <= MAX_DETAILS_BYTES;
  const headers = {
    ...answerHeaders,
    "grpc-status": String(code),
    "grpc-message": percentEncoded(message.slice(0, MAX_MESSAGE_CHARACTERS)),
    ...(fits && { "grpc-status-details-bin": Buffer.from(details).toString("base64") }),
  };
  stream.respond(headers, { endStream: true });
  // What the client still sends is not read.
  if (!stream.readableEnded) stream.close();
};
