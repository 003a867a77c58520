import { GoogleError } from "../server/google-error.ts";
import type { CloudRequest } from "../server/types.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @returns an empty object for an empty body. @throws {GoogleError} INVALID_ARGUMENT for another kind of JSON. */
export async function readObject(request: CloudRequest): Promise<JsonObject> {
  const body = (await request.json()) ?? {};
  if (isObject(body)) return body;
  throw new GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. The body must be an object.");
}
