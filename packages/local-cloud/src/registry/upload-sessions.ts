// Uploads in progress: a file each, a running hash, and one writer at a time. An upload survives a restart; its hash is
// then computed again from what had arrived.
import { createHash, type Hash, randomUUID } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Collection, Store } from "../store/types.ts";
import type { BlobFiles } from "./blob-files.ts";
import { imageKey } from "./catalog.ts";
import type { ImageName } from "./names.ts";
import { OciError } from "./oci-error.ts";

/** Largest blob that is taken, so that one client cannot fill the disk by mistake. */
const maxBlobBytes = 32 * 1024 ** 3;

type UploadRecord = { readonly image: string; readonly startedAt: string };
type Progress = { hash: Hash; sizeBytes: number; queue: Promise<unknown> };

export class UploadSessions {
  readonly #files: BlobFiles;
  readonly #records: Collection<UploadRecord>;
  readonly #progress = new Map<string, Progress>();

  constructor(store: Store, files: BlobFiles) {
    this.#files = files;
    this.#records = store.collection<UploadRecord>("registry.uploads");
  }

  /** @returns the upload's id. */
  begin(image: ImageName, now: string): string {
    const id = randomUUID();
    this.#records.put(id, { image: imageKey(image), startedAt: now });
    this.#progress.set(id, { hash: createHash("sha256"), sizeBytes: 0, queue: Promise.resolve() });
    return id;
  }

  /** Adds a chunk; what arrived of a broken one is kept. @returns the size so far. */
  async append(image: ImageName, id: string, chunk: Chunk): Promise<number> {
    const upload = await this.#find(image, id);
    return inTurn(upload, () => appendChunk(upload, this.#fileOf(id), chunk));
  }

  async sizeBytes(image: ImageName, id: string): Promise<number> {
    const upload = await this.#find(image, id);
    return inTurn(upload, async () => upload.sizeBytes);
  }

  /** Ends an upload; `commit` links its blob. A wrong digest ends it as well: its bytes are of no use. @throws {OciError} DIGEST_INVALID. */
  async finish(image: ImageName, id: string, digest: string, commit: () => void): Promise<void> {
    const upload = await this.#find(image, id);
    await inTurn(upload, async () => {
      const actual = `sha256:${upload.hash.copy().digest("hex")}`;
      if (actual !== digest) {
        await this.#forget(id);
        throw new OciError("DIGEST_INVALID", "The digest did not match the uploaded content", { detail: { actual } });
      }
      if (upload.sizeBytes === 0) await (await open(this.#fileOf(id), "a", 0o600)).close();
      await this.#files.adopt(this.#fileOf(id), digest, commit);
      await this.#forget(id);
    });
  }

  async cancel(image: ImageName, id: string): Promise<void> {
    await inTurn(await this.#find(image, id), () => this.#forget(id));
  }

  /** Forgets uploads that began before `limit`. */
  async expire(limit: string): Promise<void> {
    for (const { name, document } of this.#records.list()) {
      const upload = this.#progress.get(name);
      if (document.startedAt >= limit) continue;
      await (upload ? inTurn(upload, () => this.#forget(name)) : this.#forget(name));
    }
  }

  /** @throws {OciError} BLOB_UPLOAD_UNKNOWN, also for another image's upload. */
  async #find(image: ImageName, id: string): Promise<Progress> {
    if (this.#records.get(id)?.image !== imageKey(image)) throw new OciError("BLOB_UPLOAD_UNKNOWN", "No such upload");
    const running = this.#progress.get(id);
    if (running) return running;
    const restored = await restoreProgress(this.#fileOf(id));
    // Somebody else may have asked for it meanwhile.
    const current = this.#progress.get(id) ?? restored;
    this.#progress.set(id, current);
    return current;
  }

  #fileOf(id: string): string {
    return join(this.#files.temporaryDir, id);
  }

  async #forget(id: string): Promise<void> {
    this.#progress.delete(id);
    this.#records.delete(id);
    await rm(this.#fileOf(id), { force: true });
  }
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
