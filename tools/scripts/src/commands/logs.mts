// `pnpm logs <unit>`: what a unit says.
import { DeployError, readLogs } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { runInEnvironment } from "../session.mts";

type Options = CommonOptions & { readonly follow: boolean; readonly limit: string };

const command = environmentCommand("logs", "Log lines of a service, a worker or a job.", [
  "logs api",
  "logs worker --env production --follow",
])
  .argument("<unit>", "name of the unit")
  .option("-f, --follow", "go on as it says more", false)
  .option("--limit <count>", "the newest so many lines to begin with", "100")
  .parse();
const options = command.opts<Options>();

await runInEnvironment(options, async ({ present: _, ...session }) => {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new DeployError("usage", {
      subject: "--limit",
      message: `"${options.limit}" is no number from 1 to 1000`,
      hint: "pnpm logs api --limit 500",
    });
  }
  // Nobody reads on: there is nothing else to do.
  process.stdout.once("error", () => process.exit(0));
  const lines = readLogs({ ...session, unit: command.args[0] ?? "", limit, follow: options.follow });
  for await (const line of lines) {
    const { at, severity, text, source } = line;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ version: 1, type: "log", ...line })}\n`
        : `${at} ${severity.padEnd(7)} ${source}  ${text}\n`,
    );
  }
  return 0;
});
