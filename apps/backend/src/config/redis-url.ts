// Where Redis is (https://www.iana.org/assignments/uri-schemes/prov/redis, and `rediss` for TLS). Pure.
import { decode, type Parsed, parsed, problem } from "./parsed.ts";
import { Secret } from "./secret.ts";

export type RedisConfig = {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly database: number;
  readonly tls: "off" | "unverified" | "verified";
};

/** Celery and redis-py need the parameter in a `rediss://` URL, each in its own spelling; one secret then serves both backends. */
const verification: Readonly<Record<string, RedisConfig["tls"]>> = {
  CERT_REQUIRED: "verified",
  required: "verified",
  CERT_OPTIONAL: "verified",
  optional: "verified",
  CERT_NONE: "unverified",
  none: "unverified",
};

/** @param text `redis://user:password@host:6379/0`, or `rediss://…` for TLS. */
export function parseRedisUrl(text: string): Parsed<RedisConfig> {
  const url = URL.parse(text.trim());
  if (!url || !/^rediss?:$/.test(url.protocol) || !url.hostname)
    return problem("must be a URL such as redis://user:password@host:6379/0, or rediss://… for TLS");
  const username = decode(url.username);
  const password = decode(url.password);
  const tls = url.protocol === "redis:" ? "off" : verification[url.searchParams.get("ssl_cert_reqs") ?? "required"];
  const problems = [
    ...(username === undefined || password === undefined ? ["has credentials that are not percent-encoded"] : []),
    ...(/^\/?\d{0,4}$/.test(url.pathname) ? [] : ["has a path that is not a database number"]),
    ...(tls ? [] : [`has an ssl_cert_reqs that is none of ${Object.keys(verification).join(", ")}`]),
    ...[...url.searchParams.keys()]
      .filter((name) => name !== "ssl_cert_reqs")
      .map((name) => `has the parameter "${name}"; known is ssl_cert_reqs`),
  ];
  if (!tls || problems.length > 0) return problem(...problems);
  return parsed({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || "6379"),
    username: username || undefined,
    password: password ? new Secret(password) : undefined,
    database: Number(url.pathname.slice(1) || "0"),
    tls,
  });
}
