// Pure. Which host and path a request asks for.
import type { IncomingMessage } from "node:http";

const withoutPort = (host: string): string => {
  const colon = host.lastIndexOf(":");
  return (colon > host.lastIndexOf("]") ? host.slice(0, colon) : host).toLowerCase();
};

/** `host` in lower case and without a port. An absolute request line, as through a proxy, names the host itself. */
export function splitTarget({ url = "/", headers }: Pick<IncomingMessage, "url" | "headers">): {
  readonly host: string;
  readonly path: string;
} {
  if (url.startsWith("/")) return { host: withoutPort(headers.host ?? ""), path: url };
  const parsed = URL.parse(url);
  return parsed
    ? { host: parsed.hostname.toLowerCase(), path: `${parsed.pathname}${parsed.search}` }
    : { host: "", path: "/" };
}

const reservedPattern = /^(\/_ah\/|\/(eventlog|healthz)(\?|$))/;

/** Kept by Google for itself: https://cloud.google.com/run/docs/known-issues#reserved_url_paths */
export const isReservedPath = (path: string): boolean => reservedPattern.test(path);
