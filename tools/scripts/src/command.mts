// The edge of every command: signals, output, the one catch, the exit code.
import { Command } from "commander";
import { type PresentedError, presentError } from "./present/error.mts";
import { createPresenter, type Presenter } from "./present/presenter.mts";

export type CommandContext = {
  /** Aborted by Ctrl-C, SIGTERM and a terminal that is closed. */
  readonly signal: AbortSignal;
  readonly present: Presenter;
};

const interrupted: PresentedError = {
  exitCode: 130,
  code: "aborted",
  subject: "this command",
  message: "was interrupted",
  details: [],
  hint: "run it again: it goes on from what is done",
};

/** A command line whose mistakes end with exit code 2, as every other usage error does. */
export const createCommand = (name: string, description: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(description)
    .showHelpAfterError("(--help tells what there is)")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

/**
 * Runs a command and ends the process with its code. The first signal asks the command to stop at a safe point; a
 * second one ends it at once.
 */
export async function runCommand(
  options: { readonly json: boolean },
  command: (context: CommandContext) => Promise<number>,
): Promise<never> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  const color = process.stderr.isTTY === true && !process.env["NO_COLOR"];
  const present = createPresenter(process, { json: options.json, color, now: () => performance.now() });
  const exitCode = await command({ signal: controller.signal, present }).catch((error: unknown) => {
    const presented = controller.signal.aborted ? interrupted : presentError(error);
    present.error(presented);
    return presented.exitCode;
  });
  present.end();
  process.exit(exitCode);
}
