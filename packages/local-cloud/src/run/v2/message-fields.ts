// Pure. Reads the fields that requests have in common.
import type { MessageValue } from "../../server/proto-json.ts";
import type { CloudRequest } from "../../server/types.ts";
import type { PageRequest, WriteOptions } from "../revisioned-controller.ts";

export const text = (message: MessageValue, field: string): string => String(message[field] ?? "");
export const input = (message: MessageValue, field: string): MessageValue => (message[field] ?? {}) as MessageValue;
export const page = ({ pageSize, pageToken }: MessageValue): PageRequest => ({ pageSize, pageToken });
export const writeOptions = (message: MessageValue, request: CloudRequest, rpc: string): WriteOptions => ({
  principal: request.principal,
  rpc,
  validateOnly: message["validateOnly"] === true,
});
