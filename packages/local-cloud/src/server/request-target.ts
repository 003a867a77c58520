// Where a request is meant for. gcloud speaks to a proxy, so its request lines carry the whole address.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

export type RequestTarget = {
  /** Lower case, without the port. */
  readonly host: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly search: string;
  /** `http://` with the host and port that the client used. */
  readonly origin: string;
};

const withoutPort = (authority: string): string => authority.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");

/** Undefined for a request line that is neither a path nor an http address. */
export const parseTarget = (message: Pick<IncomingMessage, "url" | "headers">): RequestTarget | undefined => {
  const target = message.url ?? "";
  const absolute = /^http:\/\/([^/?#@\s]+)(.*)$/i.exec(target);
  const authority = (absolute?.[1] ?? message.headers.host ?? "").toLowerCase();
  const rest = absolute === null ? target : absolute[2] || "/";
  if (authority === "" || !/^[/?]/.test(rest)) return undefined;
  const [path = "", ...query] = (rest.split("#", 1)[0] ?? "").split("?");
  return {
    host: withoutPort(authority),
    path: path === "" ? "/" : path,
    search: query.join("?"),
    origin: `http://${authority}`,
  };
};

const isLoopbackName = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

const isGoogleName = (host: string): boolean => host.endsWith(".googleapis.com") || host.endsWith(".pkg.dev");

export const isGoogleHost = (host: string): boolean => host === "googleapis.com" || isGoogleName(host);

/**
 * Names under which the cloud answers. A page whose name was rebound to 127.0.0.1 must not reach it, so while it
 * listens on loopback only these are taken; on another address any name may be that of this machine.
 */
export const isOwnHost = (host: string, listensOn: string): boolean =>
  isLoopbackName(host) || isGoogleHost(host) || !isLoopbackName(listensOn) || host === listensOn;

/**
 * Does another site's page send this? Browsers attach `Origin` to every cross-site write, and a write needs no
 * preflight if it is simple enough: without this check any web page could deploy to the local cloud.
 */
export const isForeignOrigin = (origin: string | undefined, listensOn: string): boolean => {
  if (origin === undefined) return false;
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  if (host === undefined) return true;
  const name = withoutPort(host.toLowerCase());
  return !isLoopbackName(name) && name !== listensOn && !(isIP(name) !== 0 && !isLoopbackName(listensOn));
};
