// `pnpm unlock`: takes the lock of an environment away from whoever holds it.
import { breakLock } from "@slipway/deploy-sdk";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { runInEnvironment } from "../session.mts";

const options = environmentCommand(
  "unlock",
  "Takes the lock of an environment away from its holder. A dead one loses it by itself within a minute.",
  ["unlock --env staging"],
)
  .parse()
  .opts<CommonOptions>();

await runInEnvironment(options, async ({ stack, target, signal, present }) => {
  const broken = await breakLock({ target, environment: stack.environment.name, signal });
  present.result(broken ?? null, () =>
    broken
      ? `taken from ${broken.holders.map(({ name, host, pid }) => `${name}@${host} process ${pid}`).join(", ")}, release ${broken.releaseId}`
      : "nobody held it",
  );
  return 0;
});
