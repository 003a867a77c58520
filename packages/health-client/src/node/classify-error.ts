import { omitUndefined } from "../omit-undefined.ts";
import type { ProbeError } from "../types.ts";

const errorByCode = new Map<string, ProbeError>([
  ["ENOTFOUND", "dns"],
  ["EAI_AGAIN", "dns"],
  ["EAI_FAIL", "dns"],
  ["ECONNREFUSED", "refused"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["UND_ERR_SOCKET", "reset"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "reset"],
  ["ETIMEDOUT", "timeout"],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ["ENETUNREACH", "offline"],
  ["ENETDOWN", "offline"],
  ["EHOSTUNREACH", "unreachable"],
  ["EPROTO", "tls"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
  ["HOSTNAME_MISMATCH", "tls"],
  ["UNABLE_TO_GET_ISSUER_CERT", "tls"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "tls"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
  ["UND_ERR_HEADERS_OVERFLOW", "too-large"],
]);

/** undici's parser has not always a code. */
const isParserError = (error: unknown) => error instanceof Error && error.name === "HTTPParserError";

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : codeOf(cause);
};

const kindOf = (code: string): ProbeError => {
  const known = errorByCode.get(code);
  if (known) return known;
  if (/^(?:ERR_TLS|ERR_SSL|CERT_)/.test(code)) return "tls";
  return "unreachable";
};

/** By code, never by message. Of several addresses that were tried (`AggregateError`) the first one's error counts. */
export const classifyError = (error: unknown): { readonly error: ProbeError; readonly code?: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return classifyError(error.errors[0]);
  const code = codeOf(error);
  if (isParserError(error)) return omitUndefined({ error: "invalid" as const, code });
  return code === undefined ? { error: "unreachable" } : { error: kindOf(code), code };
};
