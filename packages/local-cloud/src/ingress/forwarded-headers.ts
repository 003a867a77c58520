// Pure. Headers on their way through the ingress: https://cloud.google.com/run/docs/reference/request-headers
import { randomBytes } from "node:crypto";

/** Of one connection only, never passed on: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);
/** Answered by the ingress itself. */
const ownRequestHeaders = ["expect", "x-serverless-authorization"];
const appended = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-cloud-trace-context"];
const notForInstances = new Set([...hopByHop, ...ownRequestHeaders, ...appended]);

export const isHopByHop = (lowerName: string): boolean => hopByHop.has(lowerName);

/** Names and values in turn, as Node gives and takes them. */
export type RawHeaders = string[];

const nothing: ReadonlySet<string> = new Set();

/** Names that a Connection header adds to those of one connection only. */
export const namesIn = (connection: string | undefined): ReadonlySet<string> => {
  if (connection === undefined || /^(keep-alive|close)?$/i.test(connection)) return nothing;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
};

const tracePrefix = randomBytes(8).toString("hex");
let traces = 0;

/** `TRACE/SPAN;o=0`: unique, of no further meaning. */
const newTrace = (): string => {
  traces += 1;
  return `${tracePrefix}${traces.toString(16).padStart(16, "0")}/${traces};o=0`;
};

export type Forwarding = {
  /** The request's Connection header. */
  readonly connection: string | undefined;
  readonly clientIp: string;
  /** As the client sent it, with its port. */
  readonly host: string;
};

/** A request's headers for the instance. */
export function requestHeaders(raw: readonly string[], { connection, clientIp, host }: Forwarding): RawHeaders {
  const named = namesIn(connection);
  const headers: RawHeaders = [];
  let forwardedFor = "";
  let trace = "";
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "x-forwarded-for") forwardedFor = forwardedFor === "" ? value : `${forwardedFor},${value}`;
    if (lower === "x-cloud-trace-context") trace = value;
    if (notForInstances.has(lower) || named.has(lower)) continue;
    headers.push(name, value);
  }
  headers.push("X-Forwarded-For", forwardedFor === "" ? clientIp : `${forwardedFor},${clientIp}`);
  headers.push("X-Forwarded-Proto", "http", "X-Forwarded-Host", host);
  headers.push("Forwarded", `for="${clientIp.includes(":") ? `[${clientIp}]` : clientIp}";proto=http`);
  headers.push("X-Cloud-Trace-Context", trace === "" ? newTrace() : trace);
  return headers;
}

/** A request's head as it goes over the wire. */
export function writeHead(startLine: string, headers: RawHeaders): string {
  let head = `${startLine}\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}\r\n`;
}
