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

await runInEnvironment(options, async ({ stack, target, runtime, signal, present }) => {
  const broken = await breakLock({ target, environment: stack.environment.name, signal });
  const holders = (broken?.holders ?? []).map(({ name, host, pid }) => `${name}@${host} process ${pid}`);
  if (broken?.holders.some(({ expiresAt }) => Date.parse(expiresAt) > runtime.now().getTime()))
    present.event({
      type: "warning",
      message: `if release ${broken.releaseId} is still under way, it goes on until it looks at its lock again`,
      hint: "wait 20 s before you deploy, so that no two releases write at once",
    });
  present.result(broken ?? null, () =>
    broken ? `taken from ${[...new Set(holders)].join(", ")}, release ${broken.releaseId}` : "nobody held it",
  );
  return 0;
});
