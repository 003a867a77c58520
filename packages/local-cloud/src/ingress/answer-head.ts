// Pure. The head of an instance's answer: https://www.rfc-editor.org/rfc/rfc9112#section-4
import { isHopByHop, namesIn, type RawHeaders } from "./forwarded-headers.ts";

/** How far an answer's body goes: https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
export type BodyLength = number | "chunked" | "until-close";

export type AnswerHead = {
  readonly status: number;
  readonly text: string;
  /** Those for the client. */
  readonly headers: RawHeaders;
  readonly length: BodyLength;
  /** The connection is good for another request. */
  readonly keepsAlive: boolean;
  /** Seconds after which the instance closes an idle connection, where it says so. */
  readonly idleS?: number;
};

const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: (.*))?$/;
const digits = /^[0-9]{1,15}$/;

const isBlank = (code: number): boolean => code === 32 || code === 9;

/** Of spaces and tabs only: what else JavaScript trims is a part of the value. */
function trimBlanks(text: string, from: number): string {
  let start = from;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const says = (connection: string | undefined, option: string): boolean =>
  connection?.split(",").some((word) => word.trim().toLowerCase() === option) ?? false;

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;
export const isValue = (text: string): boolean => valuePattern.test(text);

type Found = { length?: string; coding?: string; connection?: string; keepAlive?: string };

/** False where one may not be there twice, or says nothing. */
function note(found: Found, lower: string, value: string): boolean {
  if (lower === "content-length") {
    if (!digits.test(value) || found.length !== undefined) return false;
    found.length = value;
  } else if (lower === "transfer-encoding") {
    if (found.coding !== undefined) return false;
    found.coding = value.toLowerCase();
  } else if (lower === "connection") {
    found.connection = found.connection === undefined ? value : `${found.connection}, ${value}`;
  } else if (lower === "keep-alive") found.keepAlive = value;
  return true;
}

/** Undefined where it cannot be told for sure how far the body goes. */
function lengthOf({ length, coding }: Found, status: number, isHead: boolean): BodyLength | undefined {
  if (coding !== undefined && (coding !== "chunked" || length !== undefined)) return undefined;
  if (isHead || status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) return "chunked";
  return length === undefined ? "until-close" : Number(length);
}

/**
 * Undefined where it is malformed. What its names may consist of is left to Node, which refuses to write them otherwise.
 *
 * @param text without the empty line at its end, a character a byte
 */
export function parseAnswerHead(text: string, isHead: boolean): AnswerHead | undefined {
  const lines = text.split("\r\n");
  const [, minor, digitsOfStatus, phrase = ""] = statusLine.exec(lines[0] ?? "") ?? [];
  if (digitsOfStatus === undefined) return undefined;
  const status = Number(digitsOfStatus);
  const found: Found = {};
  const headers: RawHeaders = [];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    const name = line.slice(0, colon);
    const value = trimBlanks(line, colon + 1);
    const lower = name.toLowerCase();
    if (!isValue(value) || !note(found, lower, value)) return undefined;
    if (!isHopByHop(lower)) headers.push(name, value);
  }
  const length = lengthOf(found, status, isHead);
  if (length === undefined) return undefined;
  const named = namesIn(found.connection);
  const persists = minor === "1" ? !says(found.connection, "close") : says(found.connection, "keep-alive");
  const [, idle] = /(?:^|[,\s])timeout=([0-9]{1,9})/i.exec(found.keepAlive ?? "") ?? [];
  return {
    ...{ status, text: phrase, length },
    headers: named.size === 0 ? headers : without(headers, named),
    keepsAlive: length !== "until-close" && persists,
    ...(idle !== undefined && { idleS: Number(idle) }),
  };
}

const without = (headers: RawHeaders, named: ReadonlySet<string>): RawHeaders =>
  headers.filter((_, index) => !named.has((headers[index - (index % 2)] ?? "").toLowerCase()));
