// `pnpm secret`: values go in by standard input, a file or a variable, never by the command line; none ever comes out.
import { readFileSync } from "node:fs";
import { DeployError, listSecrets, parseSecretValue, setSecret } from "@slipway/deploy-sdk";
import type { Command } from "commander";
import { type CommonOptions, createCommand } from "../command.mts";
import { table } from "../present/status.mts";
import { runInEnvironment } from "../session.mts";

type SetOptions = CommonOptions & { readonly fromFile?: string; readonly fromEnv?: string; readonly force: boolean };

const refuse = (name: string, message: string): DeployError =>
  new DeployError("usage", { subject: `secret "${name}"`, message, hint: `pnpm secret set ${name} < file` });

/** The value's bytes, from exactly one place. */
function readValue(name: string, { fromFile, fromEnv }: SetOptions): Uint8Array {
  if (fromFile !== undefined && fromEnv !== undefined)
    throw refuse(name, "--from-file and --from-env exclude each other");
  if (fromEnv !== undefined) {
    const value = process.env[fromEnv];
    if (value === undefined) throw refuse(name, `there is no variable ${fromEnv}`);
    return Buffer.from(value);
  }
  if (fromFile === undefined && process.stdin.isTTY)
    throw refuse(name, "standard input is a terminal, which would show it");
  try {
    return readFileSync(fromFile ?? 0);
  } catch (cause) {
    throw new DeployError("usage", {
      subject: `secret "${name}"`,
      message: `cannot read ${fromFile ?? "standard input"}`,
      cause,
    });
  }
}

const program = createCommand("pnpm secret", "Secrets of an environment: what there is, and new versions.", [
  "pnpm secret list --env production",
  "pnpm secret set REDIS_URL --env production < redis-url.txt",
  "pnpm secret set SENTRY_DSN --from-env SENTRY_DSN",
]);
const inEnvironment = (command: Command): Command =>
  command
    .option("--env <environment>", "environment of the stack (default: DEPLOY_ENV, else local)")
    .option("--json", "the result as JSON", false);

inEnvironment(program.command("list").description("names, versions and states; never a value")).action(
  (options: CommonOptions) =>
    runInEnvironment(options, async ({ present, ...session }) => {
      const secrets = await listSecrets(session);
      present.result(secrets, () =>
        table([
          ["secret", "source", "rotation", "newest", "state"],
          ...secrets.map(({ name, source, rotation, optional, versions: [newest] }) => [
            name,
            source,
            rotation,
            newest?.version ?? "-",
            newest?.state.toLowerCase() ?? (optional ? "no value (optional)" : "no value"),
          ]),
        ]),
      );
      return 0;
    }),
);

inEnvironment(
  program
    .command("set")
    .description("adds a version, which the next deploy uses")
    .argument("<name>", "name of the secret")
    // Their own refusal would show what is most likely the value.
    .allowExcessArguments(),
)
  .option("--from-file <file>", "read the value from a file (default: standard input)")
  .option("--from-env <variable>", "read the value from a variable")
  .option("--force", "also a second version of a secret whose rotation is never", false)
  .action((name: string, options: SetOptions, { args }: Command) =>
    runInEnvironment(options, async ({ present, ...session }) => {
      if (args.length > 1) throw refuse(name, "a value on the command line is seen by others, and stays in histories");
      const value = parseSecretValue(name, readValue(name, options));
      const set = await setSecret({ ...session, name, value, force: options.force });
      present.result(
        set,
        () => `${set.created ? "created" : "updated"}  ${set.name}  version ${set.version}; ${set.next}`,
      );
      return 0;
    }),
  );
await program.parseAsync();
