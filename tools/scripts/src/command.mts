// Command lines: what they take, and what --help says.
import { Command } from "commander";

/** A command line whose mistakes end with exit code 2, as every other usage error does. */
export const createCommand = (name: string, description: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(description)
    .showHelpAfterError("(--help tells what there is)")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

export type CommonOptions = { readonly env?: string; readonly json: boolean };

/** A command with the options that all have which talk to an environment. */
export const environmentCommand = (name: string, description: string, examples: readonly string[]): Command =>
  createCommand(
    `pnpm ${name}`,
    description,
    examples.map((example) => `pnpm ${example}`),
  )
    .option("--env <environment>", "environment of the stack (default: DEPLOY_ENV, else local)")
    .option("--json", "one event or result a line on stdout, as JSON", false);
