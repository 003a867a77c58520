// Routes of the APIs whose protos no client package ships: the body is an object, the answer is JSON.
import type { CloudRequest, Route } from "../server/types.ts";
import { requireKnownFields } from "./body-fields.ts";
import { type JsonObject, readObject } from "./json-object.ts";

/** @returns the response's JSON. Throws GoogleError. */
export type JsonHandler = (request: CloudRequest, body: JsonObject) => unknown;

type JsonRouteOptions = Omit<Route, "handle" | "write"> & {
  /** Default: whatever is no GET. */
  readonly write?: boolean;
};

export function jsonRoute(options: JsonRouteOptions, handle: JsonHandler): Route {
  return {
    write: options.method !== "GET",
    ...options,
    handle: async (request) => {
      const body = request.method === "GET" ? {} : await readObject(request);
      requireKnownFields(options.rpc, body);
      return { status: 200, json: (await handle(request, body)) ?? {} };
    },
  };
}
