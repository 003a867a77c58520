// `Content-Range` of uploads and `Range` of downloads.
// https://cloud.google.com/storage/docs/performing-resumable-uploads and RFC 9110, section 14
import { StorageError } from "./storage-error.ts";

export type UploadRange =
  /**
   * `bytes 0-99/200`, `bytes 0-99/*`; without a `last` (`bytes 100-*\/*`, which the official Node client sends) up to the
   * end of the body, which is the end of the upload unless a total says otherwise.
   */
  | {
      readonly kind: "chunk";
      readonly first: number;
      readonly last: number | undefined;
      readonly total: number | undefined;
    }
  /** `bytes *\/200`, `bytes *\/*`: how much has arrived? */
  | { readonly kind: "query"; readonly total: number | undefined }
  /** No header: the whole content from its beginning, however long. */
  | { readonly kind: "whole" };

const invalid = (header: string): StorageError =>
  new StorageError("invalid", `Invalid Content-Range: ${header.slice(0, 100)}`, "Content-Range");

const count = (text: string | undefined): number | undefined =>
  text === undefined || text === "*" ? undefined : Number(text);

export const parseUploadRange = (header: string | undefined): UploadRange => {
  if (header === undefined) return { kind: "whole" };
  const match = /^bytes\s+(?:\*|(\d{1,15})-(\d{1,15}|\*))\/(\d{1,15}|\*)$/.exec(header.trim());
  if (match === null) throw invalid(header);
  const [first, last, total] = [count(match[1]), count(match[2]), count(match[3])];
  if (first === undefined) return { kind: "query", total };
  if (last !== undefined && (last < first || (total !== undefined && last >= total))) throw invalid(header);
  return { kind: "chunk", first, last, total };
};

/** Bytes from `first` to `last`, both included. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * The part of `sizeBytes` that a `Range` header asks for; "all" for no header, for one that is not understood and for
 * several ranges, which RFC 9110 allows to be ignored; "unsatisfiable" where nothing of it exists.
 */
export const parseByteRange = (header: string | undefined, sizeBytes: number): ByteRange | "all" | "unsatisfiable" => {
  const [, from, to] = /^bytes=(\d{0,16})-(\d{0,16})$/.exec(header?.trim() ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return "all";
  if (from === "") {
    const wanted = Math.min(Number(to), sizeBytes);
    return wanted === 0 ? "unsatisfiable" : { first: sizeBytes - wanted, last: sizeBytes - 1 };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return "all";
  if (first >= sizeBytes) return "unsatisfiable";
  return { first, last: to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
};
