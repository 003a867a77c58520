// What buckets and objects may be called: https://cloud.google.com/storage/docs/buckets#naming and
// https://cloud.google.com/storage/docs/objects#naming
import { isIP } from "node:net";
import { StorageError } from "./storage-error.ts";

const invalidBucket = (name: string): StorageError =>
  new StorageError("invalid", `Invalid bucket name: '${name.slice(0, 100)}'`);

/** Throws for a name that Google refuses. */
export const parseBucketName = (name: string): string => {
  const parts = name.split(".");
  const maxLength = parts.length > 1 ? 222 : 63;
  const wellFormed = /^[a-z0-9][a-z0-9._-]+[a-z0-9]$/.test(name) && name.length <= maxLength;
  const wellPartitioned = parts.every((part) => part.length > 0 && part.length <= 63 && !/^-|-$/.test(part));
  if (!wellFormed || !wellPartitioned || isIP(name) !== 0 || name.startsWith("goog") || /g[o0]{2}gle/.test(name))
    throw invalidBucket(name);
  return name;
};

const MAX_OBJECT_NAME_BYTES = 1024;

const refusalOf = (name: string): string | undefined => {
  if (name === "") return "an object needs a name";
  if (Buffer.byteLength(name) > MAX_OBJECT_NAME_BYTES) return `it is longer than ${MAX_OBJECT_NAME_BYTES} bytes`;
  if (/[\r\n]/.test(name)) return "it contains a line break";
  if (!name.isWellFormed()) return "it is no UTF-8";
  if (name === "." || name === "..") return "it is reserved";
  if (name.startsWith(".well-known/acme-challenge/")) return "its prefix is reserved";
  return undefined;
};

/** Throws for a name that Google refuses. */
export const parseObjectName = (name: string | undefined): string => {
  if (name === undefined) throw new StorageError("required", "Required parameter: name", "name");
  const refusal = refusalOf(name);
  if (refusal === undefined) return name;
  throw new StorageError("invalid", `Invalid object name '${name.slice(0, 100)}': ${refusal}.`, "name");
};
