// Several calls in one request: https://cloud.google.com/storage/docs/batch
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { GoogleError } from "../server/google-error.ts";
import { parseJson, readBytes } from "../server/read-json.ts";
import { isHttpMethod } from "../server/router.ts";
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";
import { boundaryOf, readParts } from "./multipart-body.ts";
import type { StorageContext } from "./storage-context.ts";
import { renderStorageError, StorageError } from "./storage-error.ts";

const MAX_CALLS = 100;
/** A call's own headers and JSON. Batches carry no content. */
const MAX_CALL_BYTES = 1024 * 1024;

type Call = { readonly id: string; readonly text: string };

const readCalls = async (request: CloudRequest): Promise<readonly Call[]> => {
  const boundary = boundaryOf(request.headers["content-type"]);
  if (boundary === undefined) throw new StorageError("parseError", "The request is not multipart/mixed.");
  const calls: Call[] = [];
  for await (const { headers, body } of readParts(request.body, boundary)) {
    if (calls.length === MAX_CALLS) throw new StorageError("invalid", `A batch has at most ${MAX_CALLS} calls.`);
    const bytes = await readBytes(Readable.from(body), MAX_CALL_BYTES);
    calls.push({ id: headers["content-id"] ?? "", text: bytes.toString("utf8") });
  }
  return calls;
};

/** A request in a part: request line, headers, an empty line, JSON. */
const parseCall = (text: string, batch: CloudRequest): CloudRequest => {
  const [head = "", ...rest] = text.trimStart().split(/\r?\n\r?\n/);
  const [line = "", ...headerLines] = head.split(/\r?\n/);
  const [, method, target = ""] = /^([A-Z]+) (\S+)( HTTP\/1\.1)?$/.exec(line.trim()) ?? [];
  const url = URL.canParse(target, batch.origin) ? new URL(target, batch.origin) : undefined;
  if (!isHttpMethod(method) || url === undefined)
    throw new StorageError("parseError", `Not a request line: ${line.slice(0, 200)}`);
  if (/^\/(upload|download|batch)\b/.test(url.pathname) || url.searchParams.get("alt") === "media")
    throw new StorageError("invalid", "A batch cannot carry uploads, downloads or batches.");
  const headers = Object.fromEntries(
    headerLines.map((header) => [
      header.slice(0, header.indexOf(":")).trim().toLowerCase(),
      header.slice(header.indexOf(":") + 1).trim(),
    ]),
  );
  const body = Buffer.from(rest.join("\r\n\r\n"));
  return {
    ...batch,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: { ...headers, authorization: batch.headers.authorization },
    body: Readable.from([body]),
    json: async () => parseJson(body),
    params: {},
  };
};

const answer = async ({ cloud }: StorageContext, text: string, batch: CloudRequest): Promise<CloudResponse> => {
  try {
    return await cloud.dispatch(parseCall(text, batch));
  } catch (error) {
    if (error instanceof GoogleError) return renderStorageError(error);
    throw error;
  }
};

const renderPart = (id: string, response: CloudResponse): string => {
  const body = "json" in response ? JSON.stringify(response.json) : "";
  const type = body === "" ? "" : "Content-Type: application/json; charset=UTF-8\r\n";
  const answered = `HTTP/1.1 ${response.status} ${response.status < 400 ? "OK" : "Error"}\r\n${type}`;
  const contentId = id === "" ? "" : `Content-ID: <response-${id.replace(/^<|>$/g, "")}>\r\n`;
  return `Content-Type: application/http\r\n${contentId}\r\n${answered}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}\r\n`;
};

const handle = async (context: StorageContext, batch: CloudRequest): Promise<CloudResponse> => {
  const boundary = `batch_${randomBytes(12).toString("hex")}`;
  const parts: string[] = [];
  for (const { id, text } of await readCalls(batch))
    parts.push(`--${boundary}\r\n${renderPart(id, await answer(context, text, batch))}`);
  return {
    status: 200,
    headers: { "content-type": `multipart/mixed; boundary=${boundary}` },
    body: `${parts.join("")}--${boundary}--\r\n`,
  };
};

/** The calls within are counted, not the batch itself. */
export const batchRoutes = (context: StorageContext): readonly Route[] =>
  ["/batch/storage/v1", "/batch"].map((template) => ({
    ...{ method: "POST" as const, template, rpc: "storage.batch", write: false },
    handle: (request) => handle(context, request),
  }));
