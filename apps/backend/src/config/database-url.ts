// Where PostgreSQL is, from libpq's URL form (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
// Pure. `pg` has a parser too, but its URL wins over any other option: DATABASE_HOST could not override it.
import { decode, type Parsed, parsed, problem } from "./parsed.ts";
import { Secret } from "./secret.ts";

export type DatabaseConfig = {
  /** A host name, an address, or the folder of a Unix socket, such as `/cloudsql/project:region:instance`. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  readonly tls: "off" | "unverified" | "verified";
};

const tlsOf: Readonly<Record<string, DatabaseConfig["tls"]>> = {
  disable: "off",
  allow: "off",
  prefer: "off",
  // libpq's `require` encrypts and does not look at the certificate.
  require: "unverified",
  "verify-ca": "verified",
  "verify-full": "verified",
};
const knownParameters = new Set(["host", "port", "sslmode"]);

/**
 * @param text `postgresql://user:password@host:5432/database?sslmode=…`; as Cloud SQL's guides write it also
 *   `postgresql://user:password@/database?host=/cloudsql/project:region:instance`.
 * @param hostOverride wins over both: the secret may name another machine than the one that runs.
 */
export function parseDatabaseUrl(text: string, hostOverride: string | undefined): Parsed<DatabaseConfig> {
  // WHATWG's parser refuses `user:password@/`, which libpq allows.
  const url = URL.parse(text.trim().replace(/^(\w+:\/\/[^/?#]*@)(?=[/?#])/, "$1localhost"));
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    return problem("must be a URL such as postgresql://user:password@host:5432/database");
  const parameters = url.searchParams;
  const host = hostOverride ?? parameters.get("host") ?? decode(url.hostname)?.replace(/^\[(.*)\]$/, "$1") ?? "";
  const fields = {
    host: host || "localhost",
    port: Number(parameters.get("port") ?? (url.port || "5432")),
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    tls: tlsOf[parameters.get("sslmode") ?? "disable"],
  };
  const { port, user, password, database, tls } = fields;
  const problems = [
    ...(user ? [] : ["names no user"]),
    ...(password === undefined ? ["has a password that is not percent-encoded"] : []),
    ...(database ? [] : ["names no database"]),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 ? [] : ["has a port outside 1-65535"]),
    ...(tls ? [] : [`has an sslmode that is none of ${Object.keys(tlsOf).join(", ")}`]),
    ...[...parameters.keys()]
      .filter((name) => !knownParameters.has(name))
      .map((name) => `has the parameter "${name}"; known are ${[...knownParameters].join(", ")}`),
  ];
  if (!user || password === undefined || !database || !tls || problems.length > 0) return problem(...problems);
  const socket = fields.host.startsWith("/");
  return parsed({
    host: fields.host,
    port,
    user,
    password: new Secret(password),
    database,
    tls: socket ? "off" : tls,
  });
}
