// `pnpm status`: what serves, since when, from which commit.
import { readStatus } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { statusText } from "../present/status.mts";
import { runInEnvironment } from "../session.mts";

const options = environmentCommand(
  "status",
  "What serves now: revision, commit, since when, traffic and tags of each unit.",
  ["status", "status --env production --json"],
)
  .parse()
  .opts<CommonOptions>();

await runInEnvironment(options, async ({ present, ...session }) => {
  const status = await readStatus(session);
  present.result(status, () => statusText(status));
  return status.some(({ state }) => state === "failed") ? 4 : 0;
});
