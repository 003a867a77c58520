// Where each API is served, and how the names under .localhost resolve. No request is sent here.
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Environment } from "@slipway/config";
import type { Api } from "./transport.ts";

const hosts: Readonly<Record<Exclude<Api, "registry">, string>> = {
  run: "run.googleapis.com",
  storage: "storage.googleapis.com",
  secretmanager: "secretmanager.googleapis.com",
  artifactregistry: "artifactregistry.googleapis.com",
  sqladmin: "sqladmin.googleapis.com",
  redis: "redis.googleapis.com",
  iam: "iam.googleapis.com",
  cloudresourcemanager: "cloudresourcemanager.googleapis.com",
  serviceusage: "serviceusage.googleapis.com",
  logging: "logging.googleapis.com",
  compute: "compute.googleapis.com",
};

/** `https://run.googleapis.com`, or the one loopback address that serves every API. */
export function apiBase({ endpoint, region }: Pick<Environment, "endpoint" | "region">, api: Api): string {
  if (endpoint !== undefined) return endpoint;
  return `https://${api === "registry" ? `${region}-docker.pkg.dev` : hosts[api]}`;
}

/** RFC 6761, 6.3: `localhost` and every name under it is the loopback, whatever a resolver says. */
export const isLoopbackHost = (host: string): boolean => /(^|\.)localhost\.?$/i.test(host);

/** Name lookup for sockets: not every system resolver knows `x.localhost`, so that is answered here. */
export const lookup: LookupFunction = (host, options, callback) => {
  if (!isLoopbackHost(host)) {
    systemLookup(host, options, callback);
    return;
  }
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};
