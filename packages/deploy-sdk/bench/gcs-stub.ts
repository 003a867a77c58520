// A Cloud Storage JSON server for measuring clients: metadata in memory, contents hashed and dropped, a set latency a
// request, requests counted. Forked, so that its CPU is not the client's, with the latency in ms and the files of a key
// and a certificate; sends its ports.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { crc32c } from "@node-rs/crc32";

type Stored = Record<string, unknown> & { readonly name: string; readonly generation: string };
type Session = { readonly bucket: string; readonly metadata: Record<string, unknown>; readonly chunks: Buffer[] };

const latencyMs = Number(process.argv[2] ?? 0);
const buckets = new Map<string, Map<string, Stored>>();
const sessions = new Map<string, Session>();
let sorted: { bucket: string; names: string[] } | undefined;
let counter = 1_700_000_000_000_000;
const counts = { requests: 0, writes: 0 };

const objectsOf = (bucket: string): Map<string, Stored> => {
  const found = buckets.get(bucket) ?? new Map<string, Stored>();
  buckets.set(bucket, found);
  return found;
};

const base64Crc = (bytes: Buffer): string => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32c(bytes));
  return out.toString("base64");
};

function store(bucket: string, metadata: Record<string, unknown>, bytes: Buffer): Stored {
  counts.writes++;
  const name = String(metadata["name"]);
  const now = new Date().toISOString();
  const objects = objectsOf(bucket);
  if (!objects.has(name)) sorted = undefined;
  const stored: Stored = {
    kind: "storage#object",
    contentType: "application/octet-stream",
    ...metadata,
    id: `${bucket}/${name}`,
    name,
    bucket,
    generation: String(counter++),
    metageneration: "1",
    size: String(bytes.length),
    crc32c: base64Crc(bytes),
    md5Hash: createHash("md5").update(bytes).digest("base64"),
    timeCreated: now,
    updated: now,
    storageClass: "STANDARD",
    etag: String(counter),
  };
  objects.set(name, stored);
  return stored;
}

function namesOf(bucket: string): readonly string[] {
  if (sorted?.bucket !== bucket) {
    const names = [...objectsOf(bucket).keys()].map((name) => Buffer.from(name));
    sorted = { bucket, names: names.sort(Buffer.compare).map((name) => name.toString()) };
  }
  return sorted.names;
}

/** The fields of an item that are asked for, in either form: `items(name,size)`, `items/name,items/size`. */
function wantedFields(fields: string | null): readonly string[] | undefined {
  const inner = fields?.match(/items\(([^)]*)\)/)?.[1]?.split(",");
  const single = fields?.split(",").flatMap((field) => /^items\/([^/]+)/.exec(field)?.[1] ?? []) ?? [];
  return inner ?? (single.length > 0 ? single : undefined);
}

const pick = (stored: Stored, wanted: readonly string[] | undefined): object =>
  wanted ? Object.fromEntries(wanted.map((key) => [key, stored[key]])) : stored;

function list(bucket: string, query: URLSearchParams): object {
  const prefix = query.get("prefix") ?? "";
  const names = namesOf(bucket);
  const start = Number(query.get("pageToken") ?? 0);
  const limit = Math.min(1000, Number(query.get("maxResults") ?? 1000));
  const wanted = wantedFields(query.get("fields"));
  const items: object[] = [];
  let at = start;
  for (; at < names.length && items.length < limit; at++) {
    const stored = objectsOf(bucket).get(names[at] ?? "");
    if (stored?.name.startsWith(prefix)) items.push(pick(stored, wanted));
  }
  return { kind: "storage#objects", items, ...(at < names.length && { nextPageToken: String(at) }) };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

const parseJson = (bytes: Buffer): Record<string, unknown> => (bytes.length === 0 ? {} : JSON.parse(bytes.toString()));

/** Some clients end their lines with CRLF, gcloud with LF. */
function afterHeaders(body: Buffer, from: number): number {
  const crlf = body.indexOf("\r\n\r\n", from);
  const lf = body.indexOf("\n\n", from);
  return crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 4 : lf + 2;
}

function multipart(bucket: string, request: IncomingMessage, body: Buffer): Stored {
  const boundary = /boundary=["']?([^"';]+)/.exec(request.headers["content-type"] ?? "")?.[1] ?? "";
  const end = body.lastIndexOf(`--${boundary}--`);
  const jsonStart = body.indexOf("{");
  const second = body.indexOf(`--${boundary}`, jsonStart);
  const metadata = parseJson(body.subarray(jsonStart, second));
  const contentStart = afterHeaders(body, second);
  const line = body.lastIndexOf("\n", end - 1);
  const contentEnd = body[line - 1] === 13 ? line - 1 : line;
  return store(bucket, metadata, body.subarray(contentStart, Math.max(contentStart, contentEnd)));
}

type Reply = { readonly status: number; readonly json?: unknown; readonly headers?: Record<string, string> };
const notFound: Reply = { status: 404, json: { error: { code: 404, message: "Not Found" } } };

async function upload(bucket: string, query: URLSearchParams, request: IncomingMessage, body: Buffer): Promise<Reply> {
  if (query.get("uploadType") === "multipart") return { status: 200, json: multipart(bucket, request, body) };
  const id = String(counter++);
  const named = query.get("name");
  sessions.set(id, { bucket, metadata: { ...parseJson(body), ...(named && { name: named }) }, chunks: [] });
  const location = `http://${request.headers.host}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`;
  return { status: 200, headers: { location } };
}

function resume(id: string, request: IncomingMessage, body: Buffer): Reply {
  const session = sessions.get(id);
  if (!session) return notFound;
  session.chunks.push(body);
  const range = request.headers["content-range"] ?? "";
  const size = session.chunks.reduce((sum, { length }) => sum + length, 0);
  const total = /\/(\d+)$/.exec(range)?.[1];
  if (range && (total === undefined || Number(total) > size))
    return { status: 308, headers: size > 0 ? { range: `bytes=0-${size - 1}` } : {} };
  sessions.delete(id);
  return { status: 200, json: store(session.bucket, session.metadata, Buffer.concat(session.chunks)) };
}

function change(request: IncomingMessage, bucket: string, name: string, body: Buffer): Reply {
  const objects = objectsOf(bucket);
  const [source = "", action, target = ""] = name.split(/\/(rewriteTo|copyTo)\/b\/[^/]+\/o\//);
  const stored = objects.get(decodeURIComponent(source));
  if (!stored) return notFound;
  if (request.method === "GET") return { status: 200, json: stored };
  counts.writes++;
  if (request.method === "DELETE") {
    objects.delete(stored.name);
    sorted = undefined;
    return { status: 204 };
  }
  const next: Stored = { ...stored, ...parseJson(body), name: action ? decodeURIComponent(target) : stored.name };
  objects.set(next.name, { ...next, metageneration: String(Number(stored["metageneration"]) + 1) });
  if (action === "rewriteTo")
    return { status: 200, json: { kind: "storage#rewriteResponse", done: true, resource: next } };
  return { status: 200, json: next };
}

async function route(request: IncomingMessage, url: URL, body: Buffer): Promise<Reply> {
  if (url.pathname === "/stub/counts") return { status: 200, json: { ...counts, objects: objectsOf("bench").size } };
  if (url.pathname === "/stub/reset") {
    counts.requests = 0;
    counts.writes = 0;
    return { status: 200, json: {} };
  }
  if (url.pathname === "/stub/wipe") {
    buckets.clear();
    sorted = undefined;
    return { status: 200, json: {} };
  }
  counts.requests++;
  const session = url.searchParams.get("upload_id");
  if (session) return resume(session, request, body);
  const [, isUpload, bucket = "", rest] =
    /^(\/(?:resumable\/)?upload)?\/storage\/v1\/b(?:\/([^/]+)(?:\/o(\/.*)?)?)?$/.exec(url.pathname) ?? [];
  if (isUpload) return upload(bucket, url.searchParams, request, body);
  if (rest) return change(request, bucket, rest.slice(1), body);
  if (/\/o$/.test(url.pathname)) return { status: 200, json: list(bucket, url.searchParams) };
  if (bucket)
    return { status: 200, json: { kind: "storage#bucket", name: bucket, location: "US", storageClass: "STANDARD" } };
  return notFound;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const url = new URL(request.url ?? "/", "http://stub");
  const reply = await route(request, url, body);
  const text = reply.json === undefined ? "" : JSON.stringify(reply.json);
  const send = (): void => {
    response.writeHead(reply.status, {
      ...reply.headers,
      ...(text && { "content-type": "application/json" }),
      ...(reply.status !== 204 && { "content-length": Buffer.byteLength(text) }),
    });
    response.end(text);
  };
  if (latencyMs > 0 && !url.pathname.startsWith("/stub/")) setTimeout(send, latencyMs);
  else send();
}

const listener = (request: IncomingMessage, response: ServerResponse): void => {
  answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
};
const keepAliveTimeout = 60_000;

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const [key, cert] = process.argv.slice(3).map((file) => readFileSync(file));
process.send?.({
  port: await listen(createServer({ keepAliveTimeout }, listener)),
  tlsPort: key && cert ? await listen(createTlsServer({ keepAliveTimeout, key, cert }, listener)) : 0,
});
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
