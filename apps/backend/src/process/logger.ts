// Structured logs as Cloud Logging reads them: https://cloud.google.com/logging/docs/structured-logging
import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "../config/parse-config.ts";
import type { Secret } from "../config/secret.ts";

export type { Logger };

const severities: Readonly<Record<string, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** Only what names the failure: drivers hang the failed command, with its arguments, or the whole URL on their errors. */
export function serializeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { message: "a value that is no Error was thrown", type: typeof error };
  const { name, message, stack } = error;
  const code = "code" in error ? error.code : undefined;
  return { type: name, message, ...(typeof code === "string" && { code }), stack };
}

/** One JSON object a line on standard output; `secrets` are blotted out wherever they would appear. */
export function createLogger(
  level: Config["logLevel"],
  secrets: readonly Secret[],
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const spellings = secrets.flatMap(spellingsOf);
  return pino(
    {
      level,
      messageKey: "message",
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ severity: severities[label] ?? "DEFAULT" }) },
      serializers: { err: serializeError },
      hooks: { streamWrite: (line) => spellings.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), line) },
    },
    destination,
  );
}

/** A secret as it may stand in a line of JSON: plain, escaped, or percent-encoded in a URL. Very short ones would blot out words. */
function spellingsOf(secret: Secret): readonly string[] {
  const text = secret.reveal();
  if (text.length < 6) return [];
  return [...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])];
}

export const secretsOf = ({ database, redis, sentryDsn }: Config): readonly Secret[] =>
  [database?.password, redis?.password, sentryDsn].filter((secret) => secret !== undefined);
