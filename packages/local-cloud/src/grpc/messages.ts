// Binary messages of an API to their canonical JSON and back, by the protos that its client package ships.
import { createRequire } from "node:module";
import { fromProto3JSON, toProto3JSON } from "proto3-json-serializer";
import protobuf from "protobufjs";
import { GoogleError } from "../server/google-error.ts";
import type { ProtoSource } from "../server/proto-schema.ts";
import type { JsonMessage } from "./http-call.ts";

export type Messages = {
  /** Throws GoogleError for bytes that are no such message, and for fields that the protos do not have. */
  readonly decode: (type: string, bytes: Uint8Array) => JsonMessage;
  readonly encode: (type: string, json: unknown) => Uint8Array;
  readonly typesOf: (rpc: string) => { readonly request: string; readonly response: string } | undefined;
};

/** What errors carry here, which the packages' protos lack: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
const errorDetails = {
  ErrorInfo: {
    fields: {
      reason: { type: "string", id: 1 },
      domain: { type: "string", id: 2 },
      metadata: { keyType: "string", type: "string", id: 3 },
    },
  },
  BadRequest: {
    fields: { fieldViolations: { rule: "repeated", type: "FieldViolation", id: 1 } },
    nested: {
      FieldViolation: { fields: { field: { type: "string", id: 1 }, description: { type: "string", id: 2 } } },
    },
  },
};

const require = createRequire(import.meta.url);

const loadRoot = ({ package: packageName, newer = {} }: ProtoSource): protobuf.Root => {
  const root = protobuf.Root.fromJSON(require(`${packageName}/build/protos/protos.json`) as protobuf.INamespace);
  root.define("google.rpc").addJSON(errorDetails);
  for (const [message, fields] of Object.entries(newer))
    for (const [name, { id, type }] of Object.entries(fields))
      root.lookupType(message).add(new protobuf.Field(name, id, type));
  root.resolveAll();
  return root;
};

/** A newer client's fields: to drop them would be to answer for what was not done. */
const refuseUnknown = (value: unknown, path: string): void => {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  const { $unknowns: unknowns } = value as { readonly $unknowns?: readonly Uint8Array[] };
  if (unknowns !== undefined && unknowns.length > 0) {
    const numbers = unknowns.map((bytes) => protobuf.Reader.create(bytes).uint32() >>> 3);
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have field ${numbers.join(", ")} of ${path}.`);
  }
  for (const [name, inner] of Object.entries(value)) refuseUnknown(inner, `${path}.${name}`);
};

const decodeMessage = (type: protobuf.Type, bytes: Uint8Array): protobuf.Message => {
  try {
    const reader = protobuf.Reader.create(bytes);
    reader.discardUnknown = false;
    return type.decode(reader);
  } catch (error) {
    throw new GoogleError("INVALID_ARGUMENT", `Not a ${type.fullName.slice(1)}: ${(error as Error).message}`);
  }
};

export const loadMessages = (source: ProtoSource): Messages => {
  const root = loadRoot(source);
  return {
    decode: (name, bytes) => {
      const type = root.lookupType(name);
      const message = decodeMessage(type, bytes);
      refuseUnknown(message, type.name);
      return toProto3JSON(message as never) as JsonMessage;
    },
    encode: (name, json) => {
      const type = root.lookupType(name);
      return type.encode(fromProto3JSON(type as never, json as never) as never).finish();
    },
    typesOf: (rpc) => {
      const found = root.lookup(rpc);
      if (!(found instanceof protobuf.Method) || found.requestStream || found.responseStream) return undefined;
      const { resolvedRequestType: request, resolvedResponseType: response } = found;
      return request && response ? { request: request.fullName, response: response.fullName } : undefined;
    },
  };
};
