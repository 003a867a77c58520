// Errors that nobody expected go to Sentry where SENTRY_DSN is set. Its SDK takes most of a second to load: it is loaded
// only then, and beside the start, not before it.
import type { Config } from "../config/parse-config.ts";
import type { Logger } from "./logger.ts";

export type ErrorReporter = {
  readonly report: (error: unknown, tags: Readonly<Record<string, string>>) => void;
  /** Waits until what was reported is sent, at most `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<void>;
};

export function createErrorReporter(config: Config, logger: Logger): ErrorReporter {
  if (!config.sentryDsn) return { report: () => {}, flush: async () => {} };
  const sdk = startSentry(config, config.sentryDsn.reveal()).catch((err: unknown) => {
    logger.error({ err }, "Sentry could not be started: errors are only logged");
    return undefined;
  });
  let pending = Promise.resolve();
  return {
    report: (error, tags) => {
      pending = pending.then(async () => void (await sdk)?.captureException(error, { tags }));
    },
    flush: async (timeoutMs) => {
      await pending;
      await (await sdk)?.flush(timeoutMs);
    },
  };
}

async function startSentry({ releaseId, commit, revision, service }: Config, dsn: string) {
  const sentry = await import("@sentry/node");
  sentry.init({
    dsn,
    release: releaseId ?? commit,
    serverName: revision || service,
    // Errors only: no tracing, no request bodies, no patched modules.
    defaultIntegrations: false,
    integrations: [sentry.linkedErrorsIntegration(), sentry.dedupeIntegration()],
    skipOpenTelemetrySetup: true,
  });
  return sentry;
}
