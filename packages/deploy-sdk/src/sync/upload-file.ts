// One file becomes one object, with its headers in the same request: there is no moment in which it has others.
import type { LargeContent, ObjectHeaders, ObjectStore, Throttle, WriteOutcome } from "../google/object-store.ts";
import { crc32cOf } from "../google/object-store-wire.ts";
import { compareObject, type DesiredObject } from "./compare-object.ts";
import { compress, compressionMetadata, largestCompressedBytes } from "./compression.ts";
import { locate, openPlanned, readPlanned } from "./read-content.ts";
import { anotherWasFirst } from "./write-conflict.ts";

/** Up to this a file is read whole and sent in one request; past it, in pieces that can be continued. */
export const wholeUpTo = largestCompressedBytes;

/** The object that is wanted, and what must be there now. */
export type Upload = DesiredObject & { readonly name: string; readonly ifGenerationMatch: string };
/** The same, from a file below a folder. */
export type FileUpload = Upload & { readonly path: string; readonly target?: string };

export type UploadOptions = {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly throttle?: Throttle;
  /** So many more bytes of the file have been sent. */
  readonly onBytes?: (count: number) => void;
};

/** What became of it: needed to copy the object with all that belongs to it. */
export type Stored = Pick<ObjectHeaders, "contentEncoding" | "metadata"> & {
  readonly generation: string;
  /** Of the stored bytes. */
  readonly crc32c: string;
};

/** Memory that it takes: the content and its copy in the request, or a piece of it. */
export const uploadHolds = ({ sizeBytes }: { readonly sizeBytes: number }): number =>
  2 * Math.min(sizeBytes, wholeUpTo) + 4096;

/**
 * `folder` is absolute.
 * @throws DeployError `precondition-failed` where another changed the object, `conflict` where the file is not what was
 * planned.
 */
export async function uploadFile(upload: FileUpload, folder: string, options: UploadOptions): Promise<Stored> {
  const at = locate(folder, upload);
  if (upload.sizeBytes > wholeUpTo) return putInPieces(upload, at, options);
  const { bytes, giveBack } = readPlanned(at, upload);
  const stored = await uploadBytes(upload, bytes, options);
  giveBack();
  return stored;
}

/** @throws DeployError `precondition-failed` where another changed the object. */
export async function uploadBytes(upload: Upload, bytes: Uint8Array, options: UploadOptions): Promise<Stored> {
  const { bytes: content, encoding } = await compress(bytes, upload.compression);
  const crc32c = content === bytes ? upload.crc32c : crc32cOf(content);
  const kept = {
    ...(encoding && { contentEncoding: encoding }),
    ...(upload.compression !== "none" && { metadata: compressionMetadata(upload.compression, upload, crc32c) }),
  };
  const outcome = await put(upload, content, { ...kept, crc32c }, options);
  options.onBytes?.(upload.sizeBytes);
  return settleUpload(upload, outcome, { ...kept, crc32c }, options);
}

async function putInPieces(upload: FileUpload, at: string, options: UploadOptions): Promise<Stored> {
  const content = openPlanned(at, upload);
  try {
    const counted = countBytes(content, options.onBytes ?? (() => {}));
    const outcome = await put(upload, counted.content, { crc32c: upload.crc32c }, options);
    counted.finish();
    return settleUpload(upload, outcome, { crc32c: upload.crc32c }, options);
  } finally {
    content.close();
  }
}

const put = (
  { name, headers: { contentType, cacheControl }, ifGenerationMatch }: Upload,
  content: Uint8Array | LargeContent,
  { crc32c, ...kept }: Omit<Stored, "generation">,
  { store, signal, throttle }: UploadOptions,
): Promise<WriteOutcome> =>
  store.put({
    name,
    content,
    crc32c,
    headers: { contentType, ...(cacheControl !== undefined && { cacheControl }), ...kept },
    ifGenerationMatch,
    signal,
    ...(throttle && { throttle }),
  });

function settleUpload(
  upload: Upload,
  outcome: WriteOutcome,
  stored: Omit<Stored, "generation">,
  { store }: UploadOptions,
): Stored {
  if (outcome.written) return { ...stored, generation: outcome.generation };
  // Another may have written the very same.
  if (outcome.current && compareObject(upload, outcome.current).kind === "keep") return outcome.current;
  throw anotherWasFirst(store.bucket, upload.name, outcome.current);
}

/** What lies before a piece that is asked for has been sent. */
function countBytes(
  content: LargeContent,
  onBytes: (count: number) => void,
): { readonly content: LargeContent; readonly finish: () => void } {
  let counted = 0;
  const upTo = (offset: number): void => {
    if (offset > counted) onBytes(offset - counted);
    counted = Math.max(counted, offset);
  };
  const read: LargeContent["read"] = (offset, length) => {
    upTo(offset);
    return content.read(offset, length);
  };
  return { content: { ...content, read }, finish: () => upTo(content.sizeBytes) };
}
