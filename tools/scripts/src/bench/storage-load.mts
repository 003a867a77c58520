// What is asked of the cloud's buckets, by a client as lean as possible: the figures are the server's.
import { Readable } from "node:stream";
import { Pool } from "undici";

const connections = 32;
const bucket = "bench";

export type StorageLoad = {
  readonly createBucket: () => Promise<void>;
  /** Uploads that many objects of `sizeBytes`, each with metadata, as a sync does. */
  readonly upload: (count: number, sizeBytes: number) => Promise<void>;
  /** All objects, a thousand a page. @returns how many there are */
  readonly list: () => Promise<number>;
  /** One object, sent as a stream. */
  readonly stream: (sizeBytes: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The same megabyte again and again. */
export function* repeated(sizeBytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(1 << 20, "slipway ");
  for (let left = sizeBytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}

const multipart = (name: string, content: Buffer): Buffer => {
  const metadata = JSON.stringify({ name, cacheControl: "public, max-age=31536000, immutable" });
  const head = `--x\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n--x\r\nContent-Type: text/javascript\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--x--\r\n")]);
};

export function createStorageLoad(url: string): StorageLoad {
  const pool = new Pool(url, { connections, bodyTimeout: 0, headersTimeout: 0 });
  const ask = async (method: "GET" | "POST", path: string, type: string, body: Buffer | Readable | null) => {
    const answer = await pool.request({ method, path, headers: { "content-type": type }, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as { readonly items?: readonly unknown[]; readonly nextPageToken?: string };
  };
  const json = "application/json";
  return {
    createBucket: async () => {
      await ask("POST", "/storage/v1/b?project=bench", json, Buffer.from(JSON.stringify({ name: bucket })));
    },
    upload: async (count, sizeBytes) => {
      const content = Buffer.alloc(sizeBytes, "export const bench = true;\n");
      const path = `/upload/storage/v1/b/${bucket}/o?uploadType=multipart&fields=generation`;
      const numbers = Array(count).keys();
      const work = async (): Promise<void> => {
        for (const number of numbers)
          await ask("POST", path, "multipart/related; boundary=x", multipart(`assets/chunk${number}.js`, content));
      };
      await Promise.all(Array.from({ length: connections }, work));
    },
    list: async () => {
      let found = 0;
      for (let token: string | undefined = ""; token !== undefined; ) {
        const page = await ask("GET", `/storage/v1/b/${bucket}/o?maxResults=1000&pageToken=${token}`, json, null);
        found += page.items?.length ?? 0;
        token = page.nextPageToken;
      }
      return found;
    },
    stream: async (sizeBytes) => {
      const path = `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=large`;
      await ask("POST", path, "application/octet-stream", Readable.from(repeated(sizeBytes)));
    },
    close: () => pool.close(),
  };
}
