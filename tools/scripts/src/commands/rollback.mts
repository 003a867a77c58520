// `pnpm rollback <unit>`: an earlier release of one unit again, without a build.
import { rollback } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { presentError } from "../present/error.mts";
import { reportSummary } from "../present/report.mts";
import { releaseOptions, runInEnvironment } from "../session.mts";

type Options = CommonOptions & { readonly to?: string; readonly plan: boolean };

const command = environmentCommand(
  "rollback",
  "Puts an earlier release of a unit back: no build, verified, recorded as a release.",
  ["rollback api", "rollback frontend --env production --plan", "rollback api --to 20261121T101530Z-9f2c"],
)
  .argument("<unit>", "name of the unit")
  .option("--to <release>", "release to go back to (default: the last that succeeded before)")
  .option("--plan", "say what would change, and change nothing", false)
  .parse();
const { to, plan, ...options } = command.opts<Options>();

await runInEnvironment(options, async (session) => {
  const { commit: _, ...release } = await releaseOptions(session);
  const report = await rollback({
    ...release,
    unit: command.args[0] ?? "",
    mode: plan ? "plan" : "apply",
    ...(to !== undefined && { to }),
  });
  for (const result of report.results)
    if (result.status === "failed") session.present.error(presentError(result.error));
  session.present.result(report, () => reportSummary(report));
  return report.exitCode;
});
