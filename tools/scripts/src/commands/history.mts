// `pnpm history`: releases, newest first.
import { DeployError, readHistory } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { historyText } from "../present/status.mts";
import { runInEnvironment } from "../session.mts";

const command = environmentCommand("history", "Releases of an environment, newest first.", [
  "history",
  "history api --env production --limit 50",
])
  .argument("[unit]", "only releases of this unit")
  .option("--limit <count>", "how many", "20")
  .parse();
const { limit, ...options } = command.opts<CommonOptions & { readonly limit: string }>();

await runInEnvironment(options, async ({ present, ...session }) => {
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new DeployError("usage", {
      subject: "--limit",
      message: `"${limit}" is no number from 1 to 1000`,
      hint: "pnpm history --limit 50",
    });
  }
  const [unit] = command.args;
  const releases = await readHistory({ ...session, limit: count, ...(unit !== undefined && { unit }) });
  present.result(releases, () => historyText(releases));
  return 0;
});
