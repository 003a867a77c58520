// Reads files so that no mixture is published. A file whose stamp changes while it is read is read again. A write that
// was under way all the time need not change it; so what is uploaded must have been read twice with the same checksum,
// once for the plan and once for the upload.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32c as checksum } from "@node-rs/crc32";
import { DeployError } from "../deploy-error.ts";
import type { LargeContent } from "../google/object-store.ts";
import { type Borrowed, borrowBuffer } from "../google/object-store-buffers.ts";
import { encodeCrc32c } from "../google/object-store-wire.ts";
import type { Fingerprint } from "./compression.ts";
import { showPath } from "./file-problems.ts";
import { type FileStamp, type FoundFile, sameStamp, stampOf } from "./walk-folder.ts";

/** How often a file that changes while it is read is read again. */
const readings = 3;
const blockBytes = 1024 * 1024;

/** Neither a link put there since, nor a pipe that would never open. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export type Hashed = { readonly stamp: FileStamp; readonly crc32c: string };

/** Where a file's bytes are. */
export const locate = (root: string, { path, target }: { readonly path: string; readonly target?: string }): string =>
  target ?? `${root}/${path}`;

/**
 * The checksum of a content that stood still since it was found.
 * @throws DeployError `conflict` for a file that does not stand still; the system's error where it cannot be read.
 */
export async function hashFile(
  { at, stamp }: Pick<FoundFile, "at" | "stamp">,
  pause: () => Promise<void> | undefined,
): Promise<Hashed> {
  let before = stamp;
  for (let reading = 1; reading <= readings; reading += 1) {
    const { after, crc32c } = await hashOnce(at, pause);
    if (sameStamp(before, after)) return { stamp: after, crc32c };
    before = after;
  }
  throw changing(at);
}

const block = Buffer.allocUnsafeSlow(blockBytes);

async function hashOnce(
  at: string,
  pause: () => Promise<void> | undefined,
): Promise<{ readonly after: FileStamp; readonly crc32c: string }> {
  const file = openSync(at, openFlags);
  try {
    let crc = 0;
    for (;;) {
      // The block is shared: it is used up before anything else gets its turn.
      const length = readSync(file, block, 0, blockBytes, null);
      if (length > 0) crc = checksum(block.subarray(0, length), crc);
      if (length < blockBytes) break;
      await pause();
    }
    return { after: stampOf(fstatSync(file)), crc32c: encodeCrc32c(crc) };
  } finally {
    closeSync(file);
  }
}

/**
 * A small file's whole content, which must be the one that was planned.
 * @throws DeployError `conflict` where it is not.
 */
export function readPlanned(at: string, planned: Fingerprint): Borrowed {
  // One byte more, so that growth is seen.
  const { bytes, giveBack } = borrowBuffer(planned.sizeBytes + 1);
  for (let reading = 1; reading <= readings; reading += 1) {
    const content = bytes.subarray(0, readInto(at, bytes));
    if (content.byteLength === planned.sizeBytes && encodeCrc32c(checksum(content)) === planned.crc32c)
      return { bytes: content, giveBack };
  }
  throw changedSincePlan(at);
}

/** Up to as many bytes as there is room for; returns how many there were. */
function readInto(at: string, bytes: Buffer): number {
  const file = openFile(at);
  try {
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, length);
      length += read;
      if (read === 0 || length === bytes.length) return length;
    }
  } finally {
    closeSync(file);
  }
}

function openFile(at: string): number {
  try {
    return openSync(at, openFlags);
  } catch (cause) {
    throw changedSincePlan(at, cause);
  }
}

/**
 * A large file, read in pieces. Every piece must come from the file as it was when it was opened, and the last one is
 * given out only if all of them are what was planned: a mixture never becomes an object.
 */
export function openPlanned(at: string, planned: Fingerprint): LargeContent & { readonly close: () => void } {
  const file = openFile(at);
  const opened = stampOf(fstatSync(file));
  let summed = { upTo: 0, crc: 0 };
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = Buffer.allocUnsafe(length);
    const got = length === 0 ? 0 : readSync(file, bytes, 0, length, offset);
    if (got !== length || !sameStamp(opened, stampOf(fstatSync(file)))) throw changedSincePlan(at);
    if (offset === summed.upTo) summed = { upTo: offset + length, crc: checksum(bytes, summed.crc) };
    const complete = summed.upTo === planned.sizeBytes;
    if (complete && encodeCrc32c(summed.crc) !== planned.crc32c) throw changedSincePlan(at);
    return bytes;
  };
  return { ...planned, read, close: () => closeSync(file) };
}

const changing = (at: string): DeployError =>
  new DeployError("conflict", {
    subject: `file ${showPath(at)}`,
    message: `it changed each of the ${readings} times that it was read`,
    hint: "run again when nothing writes to the folder",
    retryable: true,
  });

const changedSincePlan = (at: string, cause?: unknown): DeployError =>
  new DeployError("conflict", {
    subject: `file ${showPath(at)}`,
    message: "it is no longer what it was when the plan was made",
    hint: "run again when nothing writes to the folder",
    retryable: true,
    cause,
  });
