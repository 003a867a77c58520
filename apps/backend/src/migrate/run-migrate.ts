// The command: runs the migrations and presents what came of it. Plain lines, since a person reads them in the job's log.
import { fileURLToPath } from "node:url";
import type { ProcessContext } from "../process/context.ts";
import { describeFailure } from "../process/describe-failure.ts";
import { type MigrateOutcome, migrate } from "./migrate.ts";

const folder = fileURLToPath(new URL("../../migrations", import.meta.url));

export async function runMigrate({ config, reporter, lifecycle }: ProcessContext): Promise<void> {
  if (!config.database) throw new Error("a migration needs DATABASE_URL");
  const { database, migration } = config;
  const work = migrate({
    ...migration,
    database,
    folder,
    signal: lifecycle.signal,
    onLine: (line) => process.stdout.write(`${line.trimEnd()}\n`),
  });
  lifecycle.onStop(() => work);
  const outcome = await work;
  if (lifecycle.signal.aborted) return;
  if (outcome.kind === "failed") reporter.report(outcome.error, { command: "migrate" });
  const { text, exitCode } = present(outcome);
  (exitCode === 0 ? process.stdout : process.stderr).write(text);
  await reporter.flush(2000);
  await lifecycle.stop(exitCode);
}

/** Exit codes: 0 done, 3 the database refused or failed, 5 locked by another run. */
function present(outcome: MigrateOutcome): { readonly text: string; readonly exitCode: number } {
  switch (outcome.kind) {
    case "done":
      return { text: `done: ${outcome.applied.length} applied\n`, exitCode: 0 };
    case "locked":
      return {
        text: "error  another migration did not end in time     [locked]\n  fix  run again when it has ended\n",
        exitCode: 5,
      };
    case "failed": {
      const [what, fix] =
        outcome.during === "connecting"
          ? ["the database was not reached", "check DATABASE_URL, DATABASE_HOST and that the database runs"]
          : ["a migration failed; nothing of this run was applied", "correct it and run again"];
      return { text: `error  ${what}: ${detail(outcome.error)}     [migration-failed]\n  fix  ${fix}\n`, exitCode: 3 };
    }
  }
}

/** PostgreSQL's own words about a statement of ours, which a person needs here; of anything else only the code. */
const detail = (error: unknown): string =>
  error instanceof Error && "severity" in error
    ? `${error.message} (${describeFailure(error)})`
    : describeFailure(error);
