// Pure. What a proxy drops, adds and leaves: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 and the headers that
// Cloud Run gives a container (https://cloud.google.com/run/docs/container-contract).
import { randomBytes } from "node:crypto";

/** Name, value, name, value, … as Node's `rawHeaders`: keeps order, case and repetitions. */
export type RawHeaders = readonly string[];

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const values = (headers: RawHeaders, name: string): readonly string[] =>
  headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);

/** Without what concerns one connection only, and without `names`. */
export function endToEndHeaders(headers: RawHeaders, names: readonly string[] = []): string[] {
  const named = values(headers, "connection").flatMap((value) =>
    value.split(",").map((part) => part.trim().toLowerCase()),
  );
  const dropped = new Set([...named, ...names]);
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && !dropped.has(lower)) kept.push(name, headers[index + 1] ?? "");
  }
  return kept;
}

const added = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"];

/** What the container is sent: the client's headers, who the client was, and a trace to find the request by. */
export function requestHeaders(
  headers: RawHeaders,
  client: { readonly address: string; readonly host: string },
): string[] {
  const forwardedFor = [...values(headers, "x-forwarded-for"), client.address].join(", ");
  const address = client.address.includes(":") ? `"[${client.address}]"` : client.address;
  const sent = endToEndHeaders(headers, added);
  sent.push("X-Forwarded-For", forwardedFor, "X-Forwarded-Proto", "http", "X-Forwarded-Host", client.host);
  sent.push(
    "Forwarded",
    [...values(headers, "forwarded"), `for=${address};host="${client.host}";proto=http`].join(", "),
  );
  if (values(headers, "x-cloud-trace-context").length === 0) sent.push("X-Cloud-Trace-Context", createTrace());
  return sent;
}

/** `TRACE_ID/SPAN_ID;o=0`: https://cloud.google.com/trace/docs/trace-context#legacy-http-header */
const createTrace = (): string => {
  const bytes = randomBytes(24);
  return `${bytes.toString("hex", 0, 16)}/${bytes.readBigUInt64BE(16)};o=0`;
};
