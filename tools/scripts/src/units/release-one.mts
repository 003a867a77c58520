import { type Commit, release } from "@slipway/deploy-sdk/release";
import { presentError } from "../present/error.mts";
import { releaseOptions, type Session } from "../session.mts";

/** Releases one unit and tells what came of it. @returns the exit code */
export async function releaseOne(unit: string, session: Session, commit?: Promise<Commit>): Promise<number> {
  const { present } = session;
  const mode = process.env["DEPLOY_PLAN"] === "1" ? "plan" : "apply";
  const report = await release({ ...(await releaseOptions(session, commit)), mode, units: [unit] });
  for (const result of report.results) if (result.status === "failed") present.error(presentError(result.error));
  present.result(report, () => "");
  return report.exitCode;
}
