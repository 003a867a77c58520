// What an Nx deploy task runs: releases one unit of the stack into the environment of DEPLOY_ENV or `-c`. No arguments
// but the unit's name, because Nx passes none to the tasks that a task depends on; DEPLOY_PLAN=1 only says what would be.
import { release } from "@slipway/deploy-sdk/release";
import { presentError } from "../present/error.mts";
import { releaseOptions, runInEnvironment } from "../session.mts";

const unit = process.argv[2] ?? "";
await runInEnvironment({ json: process.env["DEPLOY_JSON"] === "1" }, async (session) => {
  const mode = process.env["DEPLOY_PLAN"] === "1" ? "plan" : "apply";
  const report = await release({ ...(await releaseOptions(session)), mode, units: [unit] });
  for (const result of report.results)
    if (result.status === "failed") session.present.error(presentError(result.error));
  session.present.result(report, () => "");
  return report.exitCode;
});
