// What `pnpm local reset` may remove: a folder that holds a local cloud's state and nothing else.
import { readdirSync } from "node:fs";
import { DeployError } from "@slipway/deploy-sdk";
import { readServerInfo } from "@slipway/local-cloud";

/** What a local cloud and its commands make there. */
const own =
  /^(lock|lock\.new|lock\.mutex(-journal)?|server\.json(\.new)?|state\.db(-\w+)?|cloud\.log|gcloud|logs|redis|registry|runtime|secrets|sql|storage)$/;

const shown = 5;

/** @throws {DeployError} `usage` for a folder that holds anything else, `conflict` where a cloud still runs on it. */
export function checkRemovable(dataDir: string): void {
  const running = readServerInfo(dataDir);
  if (running)
    throw new DeployError("conflict", {
      subject: dataDir,
      message: `process ${running.pid} runs on it and does not answer`,
      hint: `end it first:  kill ${running.pid}`,
    });
  const foreign = entriesOf(dataDir).filter((name) => !own.test(name));
  if (foreign.length === 0) return;
  throw new DeployError("usage", {
    subject: dataDir,
    message: "it holds more than a local cloud's state, so it is not removed",
    hint: "is it the right folder? If it is, remove it by hand",
    details: foreign.slice(0, shown),
  });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new DeployError("usage", { subject: folder, message: `cannot be read: ${(cause as Error).message}`, cause });
  }
}
