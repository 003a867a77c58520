import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { createStorageServices } from "../../src/storage/storage-service.ts";
import { type JsonAnswer, type StartOptions, startCloud, type TestCloud } from "./start-cloud.ts";

/** An object or an error as JSON says it. */
export type StorageJson = {
  readonly name?: string;
  readonly generation?: string;
  readonly metageneration?: string;
  readonly size?: string;
  readonly md5Hash?: string;
  readonly crc32c?: string;
  readonly etag?: string;
  readonly items?: readonly StorageJson[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
  readonly rewriteToken?: string;
  readonly done?: boolean;
  readonly error?: { readonly code: number; readonly message: string; readonly errors: readonly { reason: string }[] };
};

export type RawAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
};

export type TestStorage = TestCloud & {
  readonly call: (
    method: string,
    path: string,
    json?: unknown,
    headers?: Record<string, string>,
  ) => Promise<JsonAnswer<StorageJson>>;
  /** A simple upload; `query` has preconditions. */
  readonly upload: (
    bucket: string,
    name: string,
    body: string | Buffer,
    options?: { readonly query?: Record<string, string>; readonly headers?: Record<string, string> },
  ) => Promise<JsonAnswer<StorageJson>>;
  /** A request as a browser or a proxy's client sends it: any host, nothing followed or decoded. */
  readonly raw: (
    host: string,
    path: string,
    options?: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Buffer },
  ) => Promise<RawAnswer>;
};

export const objectPath = (bucket: string, name: string): string =>
  `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;

/** A cloud that serves Cloud Storage and nothing else. */
export const startStorage = async (options: StartOptions = {}): Promise<TestStorage> => {
  const cloud = await startCloud({
    services: (context) => {
      const { json, xml } = createStorageServices(context);
      return [json, xml];
    },
    ...options,
  });
  const call: TestStorage["call"] = (method, path, json, headers = {}) =>
    cloud.fetchJson<StorageJson>(path, { method, headers, ...(json !== undefined && { body: JSON.stringify(json) }) });
  return {
    ...cloud,
    call,
    upload: (bucket, name, body, { query = {}, headers = {} } = {}) =>
      cloud.fetchJson<StorageJson>(
        `/upload/storage/v1/b/${bucket}/o?${new URLSearchParams({ uploadType: "media", name, ...query })}`,
        {
          method: "POST",
          body: typeof body === "string" ? body : new Uint8Array(body),
          headers: { "content-type": "text/plain", ...headers },
        },
      ),
    raw: (host, path, { method = "GET", headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          { host: "127.0.0.1", port: cloud.port, path, method, headers: { host, ...headers }, agent: false },
          (response) => {
            buffer(response).then(
              (bytes) =>
                resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() }),
              reject,
            );
          },
        );
        request.on("error", reject);
        request.end(body);
      }),
  };
};

/** With one bucket, configured as given. */
export const startWithBucket = async (config: object = {}, options: StartOptions = {}): Promise<TestStorage> => {
  const storage = await startStorage(options);
  const created = await storage.call("POST", "/storage/v1/b?project=p", { name: "files", ...config });
  if (created.status !== 200) throw new Error(`no bucket: ${JSON.stringify(created.json)}`);
  return storage;
};

/** Lets everyone have a role on bucket `files`. */
export const grantToAll = async (storage: TestStorage, role: string): Promise<void> => {
  const bindings = [{ role: `roles/storage.${role}`, members: ["allUsers"] }];
  const { status } = await storage.call("PUT", "/storage/v1/b/files/iam", { bindings });
  if (status !== 200) throw new Error("the policy was refused");
};
