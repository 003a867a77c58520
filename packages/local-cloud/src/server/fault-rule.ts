// Faults on demand, as data: what a rule is, and how one is read from JSON.
import { GoogleError } from "./google-error.ts";
import type { ServiceFaultKind } from "./types.ts";

/** Faults that the adapter brings about, the same for every API. */
export type HttpFault =
  /** Answered at once, before the handler: nothing is applied. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number; readonly message?: string }
  /** The connection is reset before the handler is called. */
  | { readonly kind: "reset-before" }
  /** The handler does its work, then the connection is reset instead of an answer. */
  | { readonly kind: "reset-after" }
  /** The request's body fails after so many bytes; what the handler then refuses is a reset. One that it does not read that far is not cut. */
  | { readonly kind: "break-request"; readonly afterBytes: number }
  /** The answer announces its whole length and ends after so many bytes. */
  | { readonly kind: "break-response"; readonly afterBytes: number }
  /** No answer until the client gives up or the cloud stops. */
  | { readonly kind: "stall" }
  /** The handler is called after so long. */
  | { readonly kind: "latency"; readonly delayMs: number };

/** Faults that a service takes by itself (CloudContext.takeFault). */
export type ServiceFaultSpec = {
  readonly kind: ServiceFaultKind;
  readonly delayMs?: number;
  readonly message?: string;
};

export type Fault = HttpFault | ServiceFaultSpec;

/** Every given field must match. `*` stands for any text, and only in `path` and `subject`. */
export type FaultMatch = {
  readonly rpc?: string;
  readonly method?: string;
  readonly path?: string;
  readonly principal?: string;
  /** For service faults: the service, execution or operation that they are meant for. */
  readonly subject?: string;
};

export type FaultRule = {
  readonly id: string;
  readonly match: FaultMatch;
  readonly fault: Fault;
  /** Matching calls that are let through first. Default 0. */
  readonly skip: number;
  /** How often it strikes; null: until it is removed. Default 1. */
  readonly times: number | null;
  readonly consumed: number;
};

const SERVICE_KINDS: readonly ServiceFaultKind[] = ["slow-start", "kill-instance", "operation-failure", "quota"];

export const isServiceFault = (fault: Fault): fault is ServiceFaultSpec =>
  (SERVICE_KINDS as readonly string[]).includes(fault.kind);

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);

const asObject = (value: unknown, where: string): Readonly<Record<string, unknown>> => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${where}: must be an object`);
};

const refuseUnknown = (value: object, known: readonly string[], where: string): void => {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`${where}.${unknown}: is not known (known: ${known.join(", ")})`);
};

const asCount = (value: unknown, where: string, maximum = 2 ** 31): number => {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum) return value;
  throw invalid(`${where}: must be an integer from 0 to ${maximum}`);
};

const asText = (value: unknown, where: string): string => {
  if (typeof value === "string" && value.length <= 1024) return value;
  throw invalid(`${where}: must be a string of at most 1024 characters`);
};

const parseMatch = (value: unknown): FaultMatch => {
  const keys = ["rpc", "method", "path", "principal", "subject"] as const;
  const match = asObject(value ?? {}, "match");
  refuseUnknown(match, keys, "match");
  return Object.fromEntries(Object.entries(match).map(([key, text]) => [key, asText(text, `match.${key}`)]));
};

const parseStatus = (fault: Readonly<Record<string, unknown>>): Fault => {
  refuseUnknown(fault, ["kind", "status", "retryAfterSeconds", "message"], "fault");
  const status = asCount(fault["status"], "fault.status", 599);
  if (status < 400) throw invalid("fault.status: must be an HTTP error, from 400 to 599");
  const { retryAfterSeconds, message } = fault;
  return {
    kind: "status",
    status,
    ...(retryAfterSeconds !== undefined && {
      retryAfterSeconds: asCount(retryAfterSeconds, "fault.retryAfterSeconds"),
    }),
    ...(message !== undefined && { message: asText(message, "fault.message") }),
  };
};

const parseServiceFault = (kind: ServiceFaultKind, fault: Readonly<Record<string, unknown>>): Fault => {
  refuseUnknown(fault, ["kind", "delayMs", "message"], "fault");
  return {
    kind,
    ...(fault["delayMs"] !== undefined && { delayMs: asCount(fault["delayMs"], "fault.delayMs") }),
    ...(fault["message"] !== undefined && { message: asText(fault["message"], "fault.message") }),
  };
};

const parseFault = (value: unknown): Fault => {
  const fault = asObject(value, "fault");
  const { kind } = fault;
  switch (kind) {
    case "status":
      return parseStatus(fault);
    case "reset-before":
    case "reset-after":
    case "stall":
      refuseUnknown(fault, ["kind"], "fault");
      return { kind };
    case "break-request":
    case "break-response":
      refuseUnknown(fault, ["kind", "afterBytes"], "fault");
      return { kind, afterBytes: asCount(fault["afterBytes"], "fault.afterBytes") };
    case "latency":
      refuseUnknown(fault, ["kind", "delayMs"], "fault");
      return { kind, delayMs: asCount(fault["delayMs"], "fault.delayMs") };
    case "slow-start":
    case "kill-instance":
    case "operation-failure":
    case "quota":
      return parseServiceFault(kind, fault);
    default:
      throw invalid(`fault.kind: is not known: ${String(kind).slice(0, 100)}`);
  }
};

/** `{match?, fault, times?, skip?}`. Throws INVALID_ARGUMENT that names the field. */
export const parseFaultRule = (value: unknown): Omit<FaultRule, "id" | "consumed"> => {
  const rule = asObject(value, "rule");
  refuseUnknown(rule, ["match", "fault", "times", "skip"], "rule");
  return {
    match: parseMatch(rule["match"]),
    fault: parseFault(rule["fault"]),
    skip: asCount(rule["skip"] ?? 0, "skip"),
    times: rule["times"] === null ? null : asCount(rule["times"] ?? 1, "times"),
  };
};
