// Uploads in progress: a file each, a running hash, and one writer at a time. An upload survives a restart; its hash is
// then computed again from what had arrived.
import { createHash, type Hash, randomUUID } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Store } from "../store/types.ts";
import type { BlobFiles } from "./blob-files.ts";
import { imageKey } from "./catalog.ts";
import type { ImageName } from "./names.ts";
import { OciError } from "./oci-error.ts";

/** Largest blob that is taken, so that one client cannot fill the disk by mistake. */
const maxBlobBytes = 32 * 1024 ** 3;

type UploadRecord = { readonly image: string; readonly startedAt: string };
type Progress = { hash: Hash; sizeBytes: number; queue: Promise<unknown> };

export type UploadSessions = ReturnType<typeof createUploadSessions>;

export function createUploadSessions(store: Store, files: BlobFiles) {
  const records = store.collection<UploadRecord>("registry.uploads");
  const progress = new Map<string, Progress>();
  const fileOf = (id: string): string => join(files.temporaryDir, id);

  /** @throws {OciError} BLOB_UPLOAD_UNKNOWN, also for another image's upload. */
  const find = async (image: ImageName, id: string): Promise<Progress> => {
    if (records.get(id)?.image !== imageKey(image)) throw new OciError("BLOB_UPLOAD_UNKNOWN", "No such upload");
    const running = progress.get(id);
    if (running) return running;
    const restored = await restoreProgress(fileOf(id));
    const current = progress.get(id) ?? restored;
    progress.set(id, current);
    return current;
  };

  const forget = async (id: string): Promise<void> => {
    progress.delete(id);
    records.delete(id);
    await rm(fileOf(id), { force: true });
  };

  const begin = (image: ImageName, now: string): string => {
    const id = randomUUID();
    records.put(id, { image: imageKey(image), startedAt: now });
    progress.set(id, { hash: createHash("sha256"), sizeBytes: 0, queue: Promise.resolve() });
    return id;
  };

  /** Adds a chunk; what arrived of a broken one is kept. @returns the size so far. */
  const append = async (image: ImageName, id: string, chunk: Chunk): Promise<number> => {
    const upload = await find(image, id);
    return inTurn(upload, () => appendChunk(upload, fileOf(id), chunk));
  };

  /** Ends an upload; `commit` links its blob. A wrong digest ends it as well: its bytes are of no use. @throws {OciError} DIGEST_INVALID. */
  const finish = async (image: ImageName, id: string, digest: string, commit: () => void): Promise<void> => {
    const upload = await find(image, id);
    await inTurn(upload, async () => {
      const actual = `sha256:${upload.hash.copy().digest("hex")}`;
      if (actual !== digest) {
        await forget(id);
        throw new OciError("DIGEST_INVALID", "The digest did not match the uploaded content", { detail: { actual } });
      }
      if (upload.sizeBytes === 0) await (await open(fileOf(id), "a", 0o600)).close();
      await files.adopt(fileOf(id), digest, commit);
      await forget(id);
    });
  };

  return {
    begin,
    append,
    finish,
    sizeBytes: async (image: ImageName, id: string): Promise<number> => {
      const upload = await find(image, id);
      return inTurn(upload, async () => upload.sizeBytes);
    },
    cancel: async (image: ImageName, id: string): Promise<void> => {
      await inTurn(await find(image, id), () => forget(id));
    },
    /** Forgets uploads that began before `limit`. */
    expire: async (limit: string): Promise<void> => {
      for (const { name, document } of records.list()) {
        const upload = progress.get(name);
        if (document.startedAt >= limit) continue;
        await (upload ? inTurn(upload, () => forget(name)) : forget(name));
      }
    },
  };
}

export type Chunk = {
  readonly body: Readable;
  /** Offset that the client believes to be at; undefined: wherever the upload is. */
  readonly start: number | undefined;
  /** Bytes that the client announced; undefined: until the body ends. */
  readonly sizeBytes: number | undefined;
};

async function restoreProgress(file: string): Promise<Progress> {
  const hash = createHash("sha256");
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > 0) for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return { hash, sizeBytes, queue: Promise.resolve() };
}

function inTurn<Result>(upload: Progress, work: () => Promise<Result>): Promise<Result> {
  const turn = upload.queue.then(work);
  upload.queue = turn.catch(() => undefined);
  return turn;
}

async function appendChunk(upload: Progress, file: string, { body, start, sizeBytes }: Chunk): Promise<number> {
  if (start !== undefined && start !== upload.sizeBytes) {
    const message = `The chunk starts at ${start}, the upload is at ${upload.sizeBytes}`;
    throw new OciError("BLOB_UPLOAD_INVALID", message, { status: 416 });
  }
  const before = { hash: upload.hash.copy(), sizeBytes: upload.sizeBytes };
  await receive(upload, file, body);
  const received = upload.sizeBytes - before.sizeBytes;
  if (sizeBytes !== undefined && received !== sizeBytes) {
    Object.assign(upload, before);
    throw new OciError("SIZE_INVALID", `The chunk was announced with ${sizeBytes} bytes and had ${received}`);
  }
  return upload.sizeBytes;
}

async function receive(upload: Progress, file: string, body: Readable): Promise<void> {
  const handle = await open(file, "a", 0o600);
  try {
    // What a refused or broken write left behind does not count.
    await handle.truncate(upload.sizeBytes);
    for await (const bytes of body as AsyncIterable<Buffer>) {
      refuseTooLarge(upload.sizeBytes + bytes.length);
      await handle.appendFile(bytes);
      upload.hash.update(bytes);
      upload.sizeBytes += bytes.length;
    }
  } finally {
    await handle.close();
  }
}

function refuseTooLarge(sizeBytes: number): void {
  if (sizeBytes <= maxBlobBytes) return;
  throw new OciError("SIZE_INVALID", `Blobs of more than ${maxBlobBytes} bytes are not taken`, { status: 413 });
}
