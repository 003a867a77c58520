// `pnpm provision`: what must exist before a release does. Destroys nothing.
import { provision } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { provisionSummary } from "../present/report.mts";
import { runInEnvironment } from "../session.mts";
import { workspace } from "../workspace.mts";

const { plan, ...options } = environmentCommand(
  "provision",
  "Creates what must exist before a release: buckets, registry, database, accounts, roles, secrets. Destroys nothing.",
  ["provision --plan", "provision --env staging --plan", "provision --env staging"],
)
  .option("--plan", "say what would change, and change nothing", false)
  .parse()
  .opts<CommonOptions & { readonly plan: boolean }>();

await runInEnvironment(options, async ({ present, ...session }) => {
  const report = await provision({ ...session, workspace, mode: plan ? "plan" : "apply", emit: present.event });
  present.result(report, () => provisionSummary(report));
  return report.exitCode;
});
