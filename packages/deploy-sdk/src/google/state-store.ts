// The environment's documents as objects of its state bucket.
import { DeployError } from "../deploy-error.ts";
import type { Call, StateStore, StoredDocument } from "../target.ts";
import type { ObjectInfo, ObjectStore } from "./object-store.ts";
import { objectPath, parseGeneration, withQuery } from "./object-store-wire.ts";
import type { Transport } from "./transport.ts";

export type StateStoreOptions = {
  readonly bucket: string;
  readonly environment: string;
  readonly objects: ObjectStore;
  readonly transport: Transport;
  readonly now: () => Date;
};

export function createStateStore({ bucket, environment, objects, transport, now }: StateStoreOptions): StateStore {
  const missing = (cause: unknown): DeployError =>
    new DeployError("not-provisioned", {
      subject: `state bucket "${bucket}" of ${environment}`,
      message: "does not exist",
      hint: `pnpm provision --env ${environment}`,
      cause,
    });
  const inBucket = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof DeployError && error.code === "not-found" ? missing(error) : error;
    }
  };
  return {
    read: (name, call) => readDocument({ bucket, transport, now }, name, call),
    write: ({ name, value, ifGeneration, metadata }, { signal }) =>
      inBucket(async () => {
        const outcome = await objects.put({
          name,
          content: Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`),
          headers: { contentType: "application/json", cacheControl: "no-store", ...(metadata && { metadata }) },
          ifGenerationMatch: ifGeneration,
          signal,
        });
        return outcome.written ? outcome.generation : undefined;
      }),
    remove: (name, ifGenerationMatch, { signal }) =>
      inBucket(async () => (await objects.delete({ name, ifGenerationMatch, signal })).written),
    list: (prefix, { signal }) =>
      inBucket(async () => {
        for await (const page of objects.pages({ prefix, signal })) return page.map(parseEntry);
        return [];
      }),
  };
}

const parseEntry = ({ name, generation, metadata = {} }: ObjectInfo) => ({ name, generation, metadata });

/** Read here and not by the object store, because the answer's `Date` is wanted: leases go by the store's clock. */
async function readDocument(
  { bucket, transport, now }: Pick<StateStoreOptions, "bucket" | "transport" | "now">,
  name: string,
  call: Call,
): Promise<StoredDocument> {
  const response = await transport.request({
    api: "storage",
    method: "GET",
    path: withQuery(objectPath(bucket, name), { alt: "media" }),
    expect: [404],
    ...call,
  });
  const date = Date.parse(String(response.headers["date"] ?? ""));
  const at = Number.isNaN(date) ? now() : new Date(date);
  if (response.status === 404) return { value: undefined, generation: "0", at };
  const generation = parseGeneration(response.headers["x-goog-generation"], call.subject);
  return { value: parseDocument(await response.bytes(), name), generation, at };
}

function parseDocument(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new DeployError("corrupt-state", {
      subject: `state object "${name}"`,
      message: "is not JSON",
      hint: "remove the object from the state bucket: the next release writes it anew",
      cause,
    });
  }
}
