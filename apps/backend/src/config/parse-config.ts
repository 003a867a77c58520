// The whole configuration of the process, from its environment, once. Pure.
import { type DatabaseConfig, parseDatabaseUrl } from "./database-url.ts";
import { type Parsed, parsed, problem } from "./parsed.ts";
import { parseRedisUrl, type RedisConfig } from "./redis-url.ts";
import { Secret } from "./secret.ts";

export const commands = ["api", "worker", "migrate"] as const;
export type Command = (typeof commands)[number];

export type Config = {
  /** TCP port of the API; 0 takes a free one. */
  readonly port: number;
  /** Cloud Run's names of what runs; empty elsewhere. */
  readonly revision: string;
  readonly service: string;
  readonly commit: string;
  readonly releaseId: string | undefined;
  /** Origins whose pages may read the API. */
  readonly corsOrigins: readonly string[];
  readonly database: DatabaseConfig | undefined;
  readonly redis: RedisConfig | undefined;
  readonly sentryDsn: Secret | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly migration: { readonly lockTimeoutMs: number; readonly statementTimeoutMs: number };
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Without them a command has nothing to do; the API serves without, and its health says what is not configured. */
const required: Readonly<Record<Command, readonly string[]>> = {
  api: [],
  worker: ["DATABASE_URL", "REDIS_URL"],
  migrate: ["DATABASE_URL"],
};

export function parseConfig(command: Command, environment: Environment): Parsed<Config> {
  const problems: string[] = required[command]
    .filter((name) => !environment[name])
    .map((name) => `${name}: is missing; the command "${command}" needs it`);
  /** The parsed variable, or its fallback where it is absent or empty; what is wrong with it is collected. */
  const read = <Value, Fallback>(name: string, parse: (text: string) => Parsed<Value>, fallback: Fallback) => {
    const text = environment[name];
    if (!text) return fallback;
    const result = parse(text);
    if (result.ok) return result.value;
    problems.push(...result.problems.map((message) => `${name}: ${message}`));
    return fallback;
  };
  const host = read("DATABASE_HOST", parsed, undefined);
  const config: Config = {
    port: read("PORT", wholeNumber(0, 65_535), 8080),
    revision: environment["K_REVISION"] ?? "",
    service: environment["K_SERVICE"] ?? "",
    commit: environment["COMMIT_SHA"] || "unknown",
    releaseId: environment["RELEASE_ID"] || undefined,
    corsOrigins: read("CORS_ALLOWED_ORIGINS", parseOrigins, []),
    database: read("DATABASE_URL", (text) => parseDatabaseUrl(text, host), undefined),
    redis: read("REDIS_URL", parseRedisUrl, undefined),
    sentryDsn: read("SENTRY_DSN", parseSentryDsn, undefined),
    logLevel: read("LOG_LEVEL", oneOf("debug", "info", "warn", "error"), "info"),
    migration: {
      lockTimeoutMs: 1000 * read("MIGRATION_LOCK_TIMEOUT_S", wholeNumber(1, 3600), 240),
      statementTimeoutMs: 1000 * read("MIGRATION_STATEMENT_TIMEOUT_S", wholeNumber(1, 3600), 300),
    },
  };
  return problems.length > 0 ? problem(...problems) : parsed(config);
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): Parsed<number> =>
    /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max
      ? parsed(Number(text))
      : problem(`must be a whole number from ${min} to ${max}`);

const oneOf =
  <const Word extends string>(...words: readonly Word[]) =>
  (text: string): Parsed<Word> => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    return word ? parsed(word) : problem(`must be one of ${words.join(", ")}`);
  };

/**
 * Origins, separated by commas. An address with a path counts by its origin, since that is all a browser sends: pages
 * served from `https://storage.googleapis.com/bucket` share theirs with every other bucket.
 */
function parseOrigins(text: string): Parsed<readonly string[]> {
  const words = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const origins = words.map((word) => originOf(word));
  const refused = words.filter((_, index) => origins[index] === undefined);
  return refused.length > 0
    ? problem(...refused.map((word) => `"${word}" must be an origin such as https://app.example.com; * is not allowed`))
    : parsed([...new Set(origins.filter((origin) => origin !== undefined))]);
}

function originOf(word: string): string | undefined {
  const url = URL.parse(word);
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.origin : undefined;
}

/** `https://PUBLIC_KEY@HOST/PROJECT`: https://docs.sentry.io/concepts/key-terms/dsn-explainer/ */
function parseSentryDsn(text: string): Parsed<Secret> {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) && url.username && /\/\d+$/.test(url.pathname)
    ? parsed(new Secret(text))
    : problem("must be a DSN such as https://key@host/project");
}
