// https://cloud.google.com/secret-manager/docs/etags
import { randomBytes } from "node:crypto";
import { GoogleError } from "../server/google-error.ts";

/** With its quotes, as Secret Manager gives them. */
export const newEtag = (): string => `"${randomBytes(7).toString("hex")}"`;

/** @throws {GoogleError} FAILED_PRECONDITION when the caller names another than the current one. */
export function checkEtag(sent: unknown, current: string): void {
  if (sent === undefined || sent === "" || sent === current) return;
  throw new GoogleError("FAILED_PRECONDITION", "The etag of the request does not match the resource's current etag.");
}
