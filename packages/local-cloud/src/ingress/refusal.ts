// What the ingress answers by itself, in the words of Google's front end.
// https://cloud.google.com/run/docs/troubleshooting
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export type Refusal = {
  readonly status: number;
  readonly type: "text/html" | "text/plain";
  readonly body: string;
  /** For the service's log; undefined where Cloud Run logs nothing. */
  readonly reason?: string;
};

const reasons: Readonly<Record<number, string>> = {
  403: "Forbidden",
  404: "Not Found",
  413: "Request Entity Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

export const reasonPhrase = (status: number): string => reasons[status] ?? "Error";

const page = (title: string, text: string): string => `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${title.slice(4)}</h1>
<h2>${text}</h2>
<h2></h2>
</body></html>
`;

export const notFound: Refusal = {
  status: 404,
  type: "text/html",
  body: page("404 Page not found", "The requested URL was not found on this server."),
};

export const forbidden: Refusal = {
  status: 403,
  type: "text/html",
  body: page("403 Forbidden", "Your client does not have permission to get this URL from this server."),
  reason:
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating",
};

export const overloaded: Refusal = {
  status: 429,
  type: "text/plain",
  body: "Rate exceeded.",
  reason:
    "The request was aborted because there was no available instance. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request",
};

export const noInstance = (why: string): Refusal => ({
  status: 503,
  type: "text/plain",
  body: "Service Unavailable",
  reason: why,
});

export const brokenInstance: Refusal = noInstance(
  "The request failed because either the HTTP response was malformed or connection to the instance had an error. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#malformed-response-or-connection-error",
);

export const requestTooLarge: Refusal = {
  status: 413,
  type: "text/html",
  body: page("413 Request Entity Too Large", "Your client issued a request that was too large."),
  reason:
    "The request was larger than 32 MiB, the limit of HTTP/1. See https://cloud.google.com/run/quotas#request_limits",
};

export const answerTooLarge: Refusal = {
  status: 500,
  type: "text/plain",
  body: "Internal Server Error",
  reason:
    "Response size was too large. Please consider reducing response size: with a length it is at most 32 MiB, in chunks it has no limit. See https://cloud.google.com/run/quotas#request_limits",
};

export const timedOut: Refusal = {
  status: 504,
  type: "text/plain",
  body: "upstream request timeout",
  reason:
    "The request has been terminated because it has reached the maximum request timeout. To change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout",
};

export function sendRefusal(response: ServerResponse, { status, type, body }: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // A malformed answer may have left its own phrase.
  response.writeHead(status, reasonPhrase(status), {
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** The same on the bare socket of an upgrade. */
export function refuseUpgrade(socket: Duplex, { status, type, body }: Refusal): void {
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\ncontent-type: ${type}; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
